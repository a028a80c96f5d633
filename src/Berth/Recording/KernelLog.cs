using Berth.Host;

namespace Berth.Recording;

/// <summary>Reads <c>/dev/kmsg</c> as it is written: the journal loses bursts, the kernel's own buffer holds them.</summary>
internal sealed class KernelLog : IDisposable
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private long _sequence;
    private (int From, int To) _rest;

    private KernelLog(int descriptor, long after) => (Descriptor, _sequence) = (descriptor, after);

    public int Descriptor { get; }

    /// <summary>Number of the record that was read last; -1 for none.</summary>
    public long Sequence => _sequence;

    /// <param name="paths">The host.</param>
    /// <param name="after">Goes on behind this record; null for the oldest one that there is.</param>
    /// <returns>Null where it may not be read.</returns>
    public static KernelLog? Open(HostPaths paths, long? after)
    {
        var flags = Native.ReadOnly | Native.NonBlock | Native.CloseOnExec;
        var descriptor = Native.Open(paths["/dev/kmsg"], flags, 0);
        if (descriptor < 0)
            return null;
        return new KernelLog(descriptor, after ?? -1);
    }

    /// <summary>Takes the next record, if there is one.</summary>
    /// <param name="record">The record; valid until the next call.</param>
    /// <param name="lost">How many were overwritten before they could be read.</param>
    public bool TryNext(out KmsgRecord record, out long lost)
    {
        record = default;
        lost = 0;
        for (var attempt = 0; attempt < 1024; attempt++)
        {
            if (_rest.From >= _rest.To && !Fill())
                return false;
            var bytes = _buffer.AsSpan(_rest.From, _rest.To - _rest.From);
            var end = bytes.IndexOf((byte)'\n');
            _rest.From = end < 0 ? _rest.To : _rest.From + end + 1;
            if (!KmsgRecord.TryParse(bytes, out record) || record.Sequence <= _sequence)
                continue;
            lost = _sequence < 0 ? 0 : record.Sequence - _sequence - 1;
            _sequence = record.Sequence;
            return true;
        }
        return false;
    }

    /// <summary>The kernel gives one record for each reading, and the lines of its dictionary with it; those begin with a
    /// space and are no record.</summary>
    private bool Fill()
    {
        for (var attempt = 0; attempt < 1024; attempt++)
        {
            var length = Native.Read(Descriptor, _buffer, _buffer.Length);
            if (length > 0)
            {
                _rest = (0, (int)length);
                return true;
            }
            // EPIPE: the record that was next has been overwritten; the one after it is.
            if (length == 0 || Native.Error is not (Native.BrokenPipe or Native.Interrupted or Native.TooSmall))
                return false;
        }
        return false;
    }

    public void Dispose() => _ = Native.Close(Descriptor);
}
