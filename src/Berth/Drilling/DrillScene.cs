using System.Globalization;
using Berth.Host;
using Berth.Incidents;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Drilling;

/// <summary>What a fault did, and what only it can tell.</summary>
/// <param name="Hog">What became of the hog; null where there was none.</param>
/// <param name="Hogs">Pids that may die.</param>
/// <param name="Answers">Checks with a figure of their own.</param>
internal sealed record FaultSight(HogFate? Hog, IReadOnlySet<int> Hogs, IReadOnlyList<Answer> Answers)
{
    public static FaultSight Of(params IReadOnlyList<Answer> answers) => new(null, new HashSet<int>(), answers);
}

/// <summary>The host while a drill goes on: who is asked, who runs, what the kernel said.</summary>
/// <param name="Parts">Starts what goes wrong.</param>
/// <param name="Run">Runs programs to their end.</param>
/// <param name="Program">Where berth is.</param>
/// <param name="Roster">The roster of the drill.</param>
/// <param name="Victim">Whose tools go wrong.</param>
/// <param name="Peer">The drill's other person; null where a real person is drilled.</param>
internal sealed record DrillScene(
    Parts Parts,
    ProcessRunner Run,
    string Program,
    Roster Roster,
    Target Victim,
    Target? Peer
) : IDisposable
{
    /// <summary>Of a time that a wait lasts, so much of it counts between two looks, in milliseconds: while the machine
    /// stood still nobody could do what is waited for.</summary>
    private const double Counts = 1000;

    private readonly List<Kill> _killed = [];
    private readonly KernelKills _kernel = new();

    /// <summary>Agents of the victim that work.</summary>
    public List<(Heart Heart, Part Part)> Agents { get; } = [];

    /// <summary>How much is wanted at full scale; at small scale nothing.</summary>
    public bool Full { get; init; }

    /// <summary>The longest gap of the victim while all was quiet, in milliseconds.</summary>
    public double Quiet { get; set; }

    /// <summary>What the machine itself does.</summary>
    public required Reference Machine { get; init; }

    /// <summary>Whom the kernel has killed since the fault was made.</summary>
    public IReadOnlyList<Kill> Killed()
    {
        _killed.AddRange(_kernel.Take());
        return _killed;
    }

    /// <summary>Lines of the kernel's log that nobody has read since.</summary>
    public long Unread => _kernel.Unread;

    public void ForgetKills()
    {
        _kernel.Forget();
        _killed.Clear();
    }

    /// <summary>Waits for something that is sure to come, and looks at the whole box meanwhile.</summary>
    /// <returns>Whether it came within so many seconds.</returns>
    /// <exception cref="DrillException">The box is in trouble: the drill is broken off.</exception>
    public static bool Until(double seconds, Func<bool> come, int step = 100)
    {
        var (last, left) = (Moment.Now, seconds * 1000);
        while (!come())
        {
            if (Surfaces.Stalled() is > Refusals.Abort and var stalled)
                throw new DrillException(
                    $"broken off: for {stalled:0}% of the last 10 s nothing on this box ran for want of memory"
                );
            if (left < 0)
                return false;
            Thread.Sleep(step);
            var now = Moment.Now;
            left -= Math.Min(now - last, step + Counts);
            last = now;
        }
        return true;
    }

    public static void Wait(double seconds) => _ = Until(seconds, () => false);

    /// <summary>Starts the victim's agents anew where they are gone.</summary>
    public void StartAgents()
    {
        foreach (var dead in Agents.Where(agent => !agent.Heart.Lives).ToList())
            Agents.Remove(dead);
        while (Agents.Count < 2)
        {
            var part = Parts.Inside(Surfaces.Tools(Victim), Victim, 600, "agent", "--seconds", "600");
            Agents.Add((new Heart($"{Victim.User}'s agent {Agents.Count + 1}", part), part));
        }
        if (!Until(20, () => Agents.TrueForAll(agent => agent.Heart.Answers().Count > 0)))
            throw new DrillException("the drill's agents do not start: journalctl -u 'berth-drill-*' -n 20");
    }

    /// <summary>What systemd says of the victim's server.</summary>
    public string Shown(string unit, string properties) =>
        Run.Run("systemctl", "show", "--property", properties, unit).Stdout;

    public IReadOnlyDictionary<string, string> Show(string unit, string properties) =>
        Shown(unit, properties)
            .Split('\n')
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    public int MainPid(string unit) =>
        int.TryParse(Show(unit, "MainPID").GetValueOrDefault("MainPID"), CultureInfo.InvariantCulture, out var pid)
            ? pid
            : 0;

    public ServerRun Server(ServerRun? before)
    {
        var shown = Show(Victim.Unit, "MainPID,NRestarts,Result,OOMPolicy");
        int Number(string name) =>
            int.TryParse(shown.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var value) ? value : 0;
        var now = (Number("MainPID"), Number("NRestarts"));
        var slowed = Surfaces.Events(Victim.Cgroup).High;
        return new ServerRun(
            before?.Before ?? now,
            now,
            shown.GetValueOrDefault("Result", ""),
            shown.GetValueOrDefault("OOMPolicy", ""),
            Surfaces.Number(Victim.Cgroup, "memory.high") ?? before?.High,
            before is null || now.Item1 != before.Before.Pid ? slowed : Math.Max(0, slowed - before.Slowed)
        );
    }

    /// <summary>What was told of the victim since then.</summary>
    /// <param name="hogs">Of a kill, the pids that must be among the dead.</param>
    public Telling Told(IncidentKind kind, DateTimeOffset since, IReadOnlySet<int> hogs)
    {
        using var store = IncidentStore.Read(HostPaths.Live[IncidentStore.Path]);
        if (store is null)
            return new Telling(0, "", false);
        var user = kind is IncidentKind.DiskNearlyFull ? null : Victim.User;
        var found = store
            .Find(new IncidentQuery(since, user, kind))
            .Where(incident => incident.Last >= since && (user is not null || incident.Subject == Victim.Account.Home))
            .ToList();
        if (found.Count == 0)
            return new Telling(0, "", false);
        var names =
            kind is not IncidentKind.OomKill
            || found
                .SelectMany(store.Deaths)
                .Any(death =>
                    hogs.Contains(death.Pid)
                    && death.Argv?.Contains(Commands.DrillPartCommand.Name, StringComparison.Ordinal) is true
                );
        return new Telling(found.Count, found[0].Sentence, names);
    }

    public void Dispose()
    {
        _kernel.Dispose();
        Machine.Dispose();
    }
}
