using System.Buffers.Text;
using Berth.Host;
using Berth.Recording;

namespace Berth.Watching;

/// <summary>Time since boot, sleep of the host included (CLOCK_BOOTTIME, which /proc/uptime tells): nobody sets it, and
/// a host that was suspended shows as a gap.</summary>
internal sealed class BootClock(HostPaths paths) : IDisposable
{
    private readonly KernelFile _file = new(paths["/proc/uptime"]);
    private readonly Lock _lock = new();

    /// <returns>Milliseconds, exact to ten of them.</returns>
    /// <exception cref="IOException">The kernel does not say.</exception>
    public long Now()
    {
        Span<byte> buffer = stackalloc byte[64];
        lock (_lock)
        {
            var text = _file.Read(buffer);
            if (Utf8Parser.TryParse(text, out decimal seconds, out _))
                return (long)(seconds * 1000);
        }
        throw new IOException("/proc/uptime does not say how long this host has been up");
    }

    public void Dispose() => _file.Dispose();
}
