using Berth.Host;
using Berth.Planning;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>Reads a host for the doctor. Writes nothing; opens nothing that a person may have put in its place; runs
/// <c>systemctl show</c> once and, as root, <c>nft list ruleset</c> once.</summary>
/// <param name="paths">The host.</param>
/// <param name="run">Runs those two.</param>
public sealed class SnapshotReader(HostPaths paths, ProcessRunner run)
{
    /// <summary>Longer than a busy host needs for one call, short enough that a hang is noticed.</summary>
    public static ProcessRunner Patience { get; } = new(TimeSpan.FromSeconds(20));

    /// <summary>A task at a soft limit sleeps up to 2 s at a time: within less, a host that stalls may look at rest.</summary>
    private static readonly TimeSpan s_twoLooks = TimeSpan.FromSeconds(2.5);

    private readonly Files _files = new(paths);
    private readonly List<Unread> _unread = [];

    /// <param name="roster">The roster; null where there is none.</param>
    /// <param name="complaint">Why there is none, when there should be; null otherwise.</param>
    public HostSnapshot Read(Roster? roster, string? complaint)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var walk = new CgroupWalk(paths, _unread);
        var settings = new SettingLook(paths, _files, _unread);
        var memory = settings.Memory();
        var look = new UnitLook(_files, run, _unread);
        var shown = look.Read();
        var processWalk = new ProcessWalk(paths, _unread);
        var processes = processWalk.Read();
        var cgroups = walk.Read(processes.Select(process => process.Cgroup));
        var listeners = new ListenerLook(paths, _files, run, _unread);
        var host = new HostReader(paths, _files, run);
        var earlyoom = Earlyoom(processWalk, settings, shown, host);
        if (complaint is not null)
            _unread.Add(new Unread(Aspect.Roster, "the roster", complaint));
        var snapshot = new HostSnapshot
        {
            System = Pretty(settings.Text("/etc/os-release")),
            Kernel = settings.Text("/proc/sys/kernel/osrelease")?.Trim() ?? "",
            Systemd = host.Systemd(),
            Root = Native.EffectiveUser() == 0,
            Memory = memory,
            Hierarchy = walk.Hierarchy(),
            Controllers = walk.Controllers(),
            Pressure = settings.Pressure(),
            Units =
            [
                .. shown.Select(unit =>
                    unit.Seen.Server is not null
                    || unit.Seen.Name.Contains(ServerUnits.InstanceMark, StringComparison.Ordinal)
                        ? unit.Seen with
                        {
                            FilePolicy = look.Policy(unit.Seen.Name),
                        }
                        : unit.Seen
                ),
            ],
            Processes =
            [
                .. processes.Select(process =>
                    process with
                    {
                        Preferred = EarlyoomArguments.Matches(earlyoom?.Prefer, processWalk.Comms[process.Pid]),
                        Avoided = EarlyoomArguments.Matches(earlyoom?.Avoid, processWalk.Comms[process.Pid]),
                    }
                ),
            ],
            Accounts = new AccountLook(paths, _files).Read(),
            Listeners = listeners.Read(processes),
            Fences = listeners.Fences(),
            Earlyoom = earlyoom,
            Oomd = processWalk.Guards.ContainsKey("systemd-oomd"),
            OtherKiller = processWalk.Guards.ContainsKey("nohang") ? "nohang" : null,
            Settings = settings.Read(),
            DockerParent = settings.DockerParent(),
            Tmpfs = settings.Tmpfs(memory?.Total ?? 0),
            EnvironmentFiles = [.. Weak(shown)],
            ScopePolicy = look.ScopePolicy(),
            Roster = roster is null ? null : Seen(roster, memory?.Total ?? 0),
        };
        if (cgroups.Any(cgroup => cgroup.Full10 > Wounds.Stalls))
        {
            var left = s_twoLooks - TimeProvider.System.GetElapsedTime(begun);
            if (left > TimeSpan.Zero)
                Thread.Sleep(left);
            cgroups = walk.Again(cgroups);
        }
        return snapshot with { Cgroups = cgroups, Unread = _unread };
    }

    private EarlyoomSeen? Earlyoom(
        ProcessWalk walk,
        SettingLook settings,
        IReadOnlyList<ShownUnit> shown,
        HostReader host
    )
    {
        if (!walk.Guards.TryGetValue("earlyoom", out var words))
            return null;
        var unit = shown.FirstOrDefault(unit => unit.Seen is { Name: Containment.Backstop.Service, Active: true });
        var defaults = settings.Text(EarlyoomArguments.DefaultsFile);
        // A file that only root may read says nothing to others, which is not that it says nothing.
        var hidden = defaults is null && _files.Exists(EarlyoomArguments.DefaultsFile);
        var configured = unit is null || hidden ? null : EarlyoomArguments.Configured(unit.Command, defaults);
        return EarlyoomArguments.Read(words, Sorts(host), configured);
    }

    /// <returns>Null where its program is elsewhere, or not to be read by who looks.</returns>
    private static bool? Sorts(HostReader host)
    {
        try
        {
            return host.Earlyoom()?.SortsByRss;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private IEnumerable<EnvironmentFileSeen> Weak(IReadOnlyList<ShownUnit> shown)
    {
        var way = new TrustedWay(paths);
        return shown.SelectMany(unit =>
            unit.Files.Select(file => way.Weak(unit.Seen.Name, file)).OfType<EnvironmentFileSeen>()
        );
    }

    private static RosterSeen Seen(Roster roster, long ram)
    {
        var people = roster.Users.Where(user => !user.Removed).ToList();
        return new RosterSeen(
            DesiredFiles.Reserve(roster.Host, ram),
            roster.Host.Overcommit,
            [.. people.Select(user => user.Name)],
            [.. people.Where(user => user is { Watched: true, Serves: true }).Select(user => user.Name)],
            [
                .. people
                    .Where(user => user.Server is not null)
                    .Select(user => ServerUnits.UnitName(user.Server!, user.Name)),
            ]
        );
    }

    private static string Pretty(string? release)
    {
        const string key = "PRETTY_NAME=";
        var line = release?.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? "" : line[key.Length..].Trim('"');
    }
}
