using Berth.Host;
using Berth.Recording;

namespace Berth.Drilling;

/// <summary>A process that the kernel killed for want of memory.</summary>
/// <param name="AtCap">A cgroup's cap was reached; otherwise the whole machine ran out.</param>
internal readonly record struct Kill(int Pid, string Name, bool AtCap);

/// <summary>The kernel's own word of whom it killed since it was asked first: the referee, beside what the recorder
/// tells.</summary>
internal sealed class KernelKills : IDisposable
{
    private readonly KernelLog _log;

    /// <exception cref="DrillException">The kernel's log may not be read.</exception>
    public KernelKills()
    {
        _log =
            KernelLog.Open(HostPaths.Live, null)
            ?? throw new DrillException(
                $"/dev/kmsg cannot be read ({Native.ErrorMessage}): whom the kernel kills cannot be known here"
            );
        while (_log.TryNext(out _, out _)) { }
    }

    /// <summary>Lines that were overwritten before they were read, since the last call of <see cref="Forget"/>.</summary>
    public long Unread { get; private set; }

    public void Forget()
    {
        _ = Take();
        Unread = 0;
    }

    /// <summary>Whom it has killed since the last call.</summary>
    public IReadOnlyList<Kill> Take()
    {
        var killed = new List<Kill>();
        while (_log.TryNext(out var record, out var lost))
        {
            Unread += lost;
            if (!record.FromKernel)
                continue;
            var line = KernelLine.Parse(record.Text);
            if (line.Kind is KernelLineKind.Killed)
                killed.Add(new Kill(line.Pid, System.Text.Encoding.UTF8.GetString(line.Name), line.InCgroup));
        }
        return killed;
    }

    public void Dispose() => _log.Dispose();
}
