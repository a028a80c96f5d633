using Berth.Host;
using Berth.Recording;

namespace Berth.Drilling;

/// <summary>The kernel's own word of whom it killed since it was asked first: the referee, beside what the recorder
/// tells.</summary>
internal sealed class KernelKills : IDisposable
{
    private readonly KernelLog? _log = KernelLog.Open(HostPaths.Live, null);

    public KernelKills()
    {
        while (_log?.TryNext(out _, out _) is true) { }
    }

    /// <summary>Whom it has killed since the last call.</summary>
    public IReadOnlyList<(int Pid, string Name)> Take()
    {
        var killed = new List<(int, string)>();
        while (_log is not null && _log.TryNext(out var record, out _))
        {
            if (!record.FromKernel)
                continue;
            var line = KernelLine.Parse(record.Text);
            if (line.Kind is KernelLineKind.Killed)
                killed.Add((line.Pid, System.Text.Encoding.UTF8.GetString(line.Name)));
        }
        return killed;
    }

    public void Dispose() => _log?.Dispose();
}
