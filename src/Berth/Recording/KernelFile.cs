using Berth.Host;

namespace Berth.Recording;

/// <summary>A small file of the kernel's that is read again and again: opened once, read from its start each time. A file
/// of a process stays that process's, also when its pid is given to another one.</summary>
internal sealed class KernelFile(string path) : IDisposable
{
    private int _descriptor = -1;

    /// <summary>The open file; -1 before the first reading and after it has gone.</summary>
    public int Descriptor => _descriptor;

    /// <param name="buffer">Receives what it says.</param>
    /// <param name="list">A list without end, of which the kernel gives a page at a time.</param>
    /// <returns>What was read; empty where there is nothing to read any more.</returns>
    public ReadOnlySpan<byte> Read(Span<byte> buffer, bool list = false)
    {
        if (_descriptor < 0)
        {
            _descriptor = Native.Open(path, Native.ReadOnly | Native.CloseOnExec | Native.NonBlock, 0);
            if (_descriptor < 0)
                return default;
        }
        var length = 0;
        while (length < buffer.Length)
        {
            var count = Native.ReadAt(_descriptor, buffer[length..], buffer.Length - length, length);
            if (count < 0 && Native.Error is Native.Interrupted)
                continue;
            if (count < 0)
            {
                // The cgroup or the process is gone, or this kernel does not tell.
                Dispose();
                return default;
            }
            length += (int)count;
            if (count == 0 || !list)
                break;
        }
        return buffer[..length];
    }

    /// <summary>Reads a file once.</summary>
    public static ReadOnlySpan<byte> Once(string path, Span<byte> buffer)
    {
        using var file = new KernelFile(path);
        return file.Read(buffer);
    }

    /// <summary>Where a link of the kernel's leads, fit to be shown; empty when it is gone or not to be read.</summary>
    public static string Link(string path)
    {
        Span<byte> target = stackalloc byte[1024];
        var length = Native.ReadLink(path, target, target.Length);
        return length <= 0 ? "" : Printable.Text(target[..(int)length], 1024);
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
            _ = Native.Close(_descriptor);
        _descriptor = -1;
    }
}
