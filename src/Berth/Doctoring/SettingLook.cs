using System.Globalization;
using System.Text.Json;
using Berth.Containment;
using Berth.Host;
using Berth.Recording;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>Reads settings of the kernel, the journal, docker and earlyoom, and the file systems in memory.</summary>
internal sealed class SettingLook(HostPaths paths, Files files, List<Unread> unread)
{
    private const int WritableByOthers = 2;

    public SettingsSeen Read() =>
        new()
        {
            PanicOnOom = Number("/proc/sys/vm/panic_on_oom"),
            KillAllocating = Number("/proc/sys/vm/oom_kill_allocating_task"),
            KeepMilliseconds = Kept(),
            VolatileJournal = Volatile(),
        };

    /// <summary>Whether the kernel measures pressure: older ones have the file also when it is switched off, and refuse to
    /// read it.</summary>
    public bool Pressure()
    {
        Span<byte> start = stackalloc byte[16];
        return !KernelFile.Once(paths["/proc/pressure/memory"], start).IsEmpty;
    }

    public MemorySeen? Memory()
    {
        if (Text("/proc/meminfo") is not { } text)
            return null;
        long Of(string name)
        {
            foreach (var line in text.Split('\n'))
            {
                if (line.StartsWith(name, StringComparison.Ordinal))
                    return long.Parse(line[name.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture) << 10;
            }
            return 0;
        }
        var swap = Of("SwapTotal:");
        var devices = (Text("/proc/swaps") ?? "").Split('\n').Skip(1).Where(line => line.Length > 0).ToList();
        return new MemorySeen(
            Of("MemTotal:"),
            Of("MemAvailable:"),
            swap,
            swap - Of("SwapFree:"),
            devices.Count > 0 && devices.TrueForAll(line => line.StartsWith("/dev/zram", StringComparison.Ordinal))
        );
    }

    public IReadOnlyList<TmpfsSeen> Tmpfs(long ram) =>
        [
            .. MountTable
                .Tmpfs(Text("/proc/self/mountinfo") ?? "", ram)
                .Where(tmpfs =>
                    Native.StatPath(paths[tmpfs.Path], out var stat)
                    && stat.IsFolder
                    && (stat.Uid >= Account.FirstPerson || (stat.Mode & WritableByOthers) != 0)
                ),
        ];

    /// <summary>docker's cgroup-parent; null where it sets none.</summary>
    public string? DockerParent()
    {
        try
        {
            if (files.Text(Containers.DaemonPath) is not { Length: > 0 } text)
                return null;
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("cgroup-parent", out var parent) ? parent.ToString() : null;
        }
        catch (Exception wrong)
            when (wrong is JsonException or UnauthorizedAccessException or IOException or InvalidOperationException)
        {
            unread.Add(
                new Unread(
                    Aspect.Docker,
                    Containers.DaemonPath,
                    wrong is JsonException ? "is no JSON object" : "may not be read by you",
                    wrong is UnauthorizedAccessException
                )
            );
            return null;
        }
    }

    /// <summary>The text of a file of the system's; null where it is not there or not to be read.</summary>
    public string? Text(string path)
    {
        try
        {
            return files.Text(path);
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How long a working set is kept: not at all while the generations, whose setting it is, are switched off
    /// (Documentation/admin-guide/mm/multigen_lru.rst).</summary>
    private int? Kept()
    {
        const int mainSwitch = 1;
        var on =
            Text("/sys/kernel/mm/lru_gen/enabled")?.Trim() is not ['0', 'x', .. var bits]
            || !int.TryParse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var parts)
            || (parts & mainSwitch) != 0;
        return Number("/sys/kernel/mm/lru_gen/min_ttl_ms") is not { } kept ? null
            : on ? kept
            : 0;
    }

    /// <summary>By the file that the journal is writing now.</summary>
    private bool? Volatile()
    {
        if (Text("/etc/machine-id")?.Trim() is not { Length: > 0 } id)
            return null;
        if (files.Exists($"/var/log/journal/{id}/system.journal"))
            return false;
        return files.Exists($"/run/log/journal/{id}/system.journal") ? true : null;
    }

    private int? Number(string path) =>
        int.TryParse(Text(path)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
