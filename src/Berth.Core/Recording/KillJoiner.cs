using Berth.Planning;

namespace Berth.Recording;

/// <summary>Joins the kernel's word of a kill with what was known of the process, by pid and user alone. The kernel tells
/// who was killed in a line that it never leaves out; in which cgroup, in one that it leaves out when kills are many.
/// Both may be lost with the log: the cgroup's own counter then tells how many are missing.</summary>
/// <param name="table">The processes.</param>
/// <param name="map">Whose a cgroup is.</param>
/// <param name="capOf">Cap of a cgroup in bytes; null where it is not known.</param>
public sealed class KillJoiner(ProcessTable table, SurfaceMap map, Func<string, long?> capOf)
{
    /// <summary>How long to look what a kill left alone, in milliseconds: a second victim dies within it.</summary>
    public const long Settle = 1000;

    /// <summary>How long to wait for a line of a kill that was only counted.</summary>
    public const long Patience = 3000;

    /// <summary>How far back deaths are looked for that were only counted.</summary>
    internal const long Recent = 15_000;

    private readonly List<Kill> _kills = [];
    private readonly Dictionary<int, Chosen> _chosen = [];
    private readonly Dictionary<Surface, KillBalance> _balances = [];

    private sealed record Kill(Heard Line, long At, DateTimeOffset Now, long Sequence)
    {
        public TrackedProcess? Process { get; set; }

        /// <summary>Whether it is known where it was counted.</summary>
        public bool Met { get; set; }
    }

    private sealed record Heard(int Pid, int Uid, string Name, bool InCgroup, long Rss, Chosen? Chosen);

    private sealed record Chosen(string? CapCgroup, string TaskCgroup, int Uid, long At, long Sequence);

    /// <summary>Whether somebody waits for <see cref="Due"/>.</summary>
    public bool Waiting => _kills.Count > 0 || _chosen.Count > 0 || _balances.Values.Any(balance => balance.Waits);

    /// <summary>The kernel's record from which on kills are not told yet; null when all are. Who begins again behind
    /// an earlier one loses none.</summary>
    public long? Pending
    {
        get
        {
            long? first = null;
            foreach (var kill in _kills)
                first = Math.Min(
                    first ?? long.MaxValue,
                    Math.Min(kill.Sequence, kill.Line.Chosen?.Sequence ?? long.MaxValue)
                );
            // The line that says where somebody is killed, and not yet the one that says that they were.
            foreach (var chosen in _chosen.Values)
                first = Math.Min(first ?? long.MaxValue, chosen.Sequence);
            return first;
        }
    }

    /// <summary>A line that the kernel itself wrote.</summary>
    /// <param name="line">The line.</param>
    /// <param name="at">Now, on the recorder's clock.</param>
    /// <param name="now">Now, on the wall clock.</param>
    /// <param name="sequence">Number of the record.</param>
    public void Hear(in KernelLine line, long at, DateTimeOffset now, long sequence = 0)
    {
        switch (line.Kind)
        {
            case KernelLineKind.Chosen:
                _chosen[line.Pid] = new Chosen(
                    line.InCgroup ? Path(line.CapCgroup) : null,
                    Path(line.TaskCgroup),
                    line.Uid,
                    at,
                    sequence
                );
                break;
            case KernelLineKind.Killed:
                _chosen.Remove(line.Pid, out var chosen);
                var heard = new Heard(
                    line.Pid,
                    line.Uid >= 0 ? line.Uid : chosen?.Uid ?? -1,
                    Printable.Text(KmsgRecord.Unescape(line.Name, new byte[line.Name.Length]), 64),
                    line.InCgroup,
                    line.Rss,
                    chosen
                );
                var kill = new Kill(heard, at, now, sequence) { Process = table.Victim(heard.Pid, heard.Uid, at) };
                if (kill.Process is { } process)
                    process.Explained = true;
                Meet(kill, at);
                _kills.Add(kill);
                break;
        }
    }

    /// <summary><c>oom_kill</c> of a surface's <c>memory.events</c> has risen.</summary>
    public void Counted(Surface surface, long kills, long at, DateTimeOffset now) => Add(surface, kills, at, now);

    /// <summary>The deaths that can be told by now.</summary>
    /// <param name="at">Now, on the recorder's clock.</param>
    public IReadOnlyList<Death> Due(long at)
    {
        List<Death>? due = null;
        foreach (var (pid, chosen) in _chosen)
        {
            if (at - chosen.At > Patience)
                _chosen.Remove(pid);
        }
        for (var i = 0; i < _kills.Count; i++)
        {
            if (at - _kills[i].At < Settle)
                continue;
            (due ??= []).Add(Tell(_kills[i], at));
            _kills.RemoveAt(i--);
        }
        foreach (var (surface, balance) in _balances)
        {
            if (balance.Missing(at) is var (kills, now))
                (due ??= []).AddRange(Untold(surface, kills, now, at));
        }
        return due ?? [];
    }

    /// <summary>Whom a kill was of may be known only when it is told: it is counted once all the same.</summary>
    private void Meet(Kill kill, long at)
    {
        if (kill.Met || SurfaceOf(kill) is not { } surface)
            return;
        kill.Met = true;
        Add(surface, -1, at, kill.Now);
    }

    private void Add(Surface surface, long kills, long at, DateTimeOffset now)
    {
        if (!_balances.TryGetValue(surface, out var balance))
            _balances[surface] = balance = new KillBalance();
        balance.Add(kills, at, now);
    }

    /// <summary>Where a kill was counted: the process's own place, else what the kernel said. A cgroup's name may be a
    /// person's choice, so it is only believed of a process that nobody saw.</summary>
    private Surface? SurfaceOf(Kill kill) =>
        kill.Process?.Surface
        ?? (
            kill.Line.Chosen is { } chosen && map.Of(chosen.TaskCgroup) is { } named && Owns(named, kill.Line.Uid)
                ? named
                : null
        );

    /// <summary>A server runs as its person, and so do sessions but for what sshd and the like do there.</summary>
    private bool Owns(Surface surface, int uid) =>
        surface.User is null || uid is -1 or 0 || map.UserOf(uid) == surface.User;

    private Death Tell(Kill kill, long at)
    {
        // Its fork or run may have been told late.
        var (line, process) = (kill.Line, kill.Process ?? table.Victim(kill.Line.Pid, kill.Line.Uid, kill.At));
        if (process is not null)
            process.Explained = true;
        kill.Process = process;
        Meet(kill, at);
        var surface = SurfaceOf(kill);
        var user = surface?.User ?? map.UserOf(line.Uid);
        // The kernel knows best where in its surface a process is: it may have been moved since it was looked at.
        var cgroup =
            line.Chosen is { } said && (process is null || process.Surface.Holds(said.TaskCgroup))
                ? said.TaskCgroup
                : process?.Cgroup;
        var cap = line.InCgroup ? CapOf(cgroup, line.Chosen?.CapCgroup) : null;
        return new Death(
            kill.Now,
            line.Pid,
            line.Uid,
            line.Name,
            Math.Max(line.Rss, process is null ? 0 : 1),
            user,
            surface,
            cgroup,
            process?.Program,
            process?.ParentProgram.Argv ?? "",
            AgentOf(process),
            IsServer(process),
            process?.Sizes.To(process.Born, kill.At, line.Rss),
            line.InCgroup ? cap?.Cgroup ?? line.Chosen?.CapCgroup ?? cgroup ?? "" : null,
            cap?.Cap,
            SurvivorsOf(process, user, kill.At)
        )
        {
            Sequence = kill.Sequence,
            ParentPid = process?.Parent ?? 0,
        };
    }

    /// <summary>Kills that were counted but not told. Who was ended by SIGKILL there, lately and without another
    /// explanation, is who is meant, when it is as many; otherwise nobody is named.</summary>
    private IEnumerable<Death> Untold(Surface surface, long kills, DateTimeOffset now, long at)
    {
        var candidates = table
            .Dead.Where(dead =>
                !dead.Explained
                && dead.Signal == ProcessTable.Kill
                && dead.Surface == surface
                && dead.Died > at - Recent
            )
            .ToList();
        if (candidates.Count != kills)
            return
            [
                new Death(
                    now,
                    0,
                    -1,
                    "",
                    0,
                    surface.User,
                    surface,
                    null,
                    null,
                    "",
                    null,
                    false,
                    null,
                    surface.Cgroup,
                    capOf(surface.Cgroup),
                    SurvivorsOf(null, surface.User, at),
                    (int)Math.Min(kills, int.MaxValue)
                ),
            ];
        return
        [
            .. candidates.Select(process =>
            {
                process.Explained = true;
                var (seen, bytes) = process.Sizes.Last;
                var cap = CapOf(process.Cgroup, null);
                return new Death(
                    now,
                    process.Pid,
                    process.Uid,
                    "",
                    bytes,
                    surface.User,
                    surface,
                    process.Cgroup,
                    process.Program,
                    process.ParentProgram.Argv,
                    AgentOf(process),
                    IsServer(process),
                    bytes > 0 ? process.Sizes.To(process.Born, seen, bytes) : null,
                    cap?.Cgroup ?? surface.Cgroup,
                    cap?.Cap,
                    SurvivorsOf(process, surface.User, at)
                );
            }),
        ];
    }

    /// <summary>The cap that was reached: the one that the kernel named, where the process can have been below it;
    /// else the nearest one above the process.</summary>
    private (string Cgroup, long Cap)? CapOf(string? cgroup, string? named)
    {
        if (
            named is not null
            && (cgroup is null || cgroup == named || cgroup.StartsWith(named + "/", StringComparison.Ordinal))
            && capOf(named) is { } cap
        )
            return (named, cap);
        for (var path = cgroup; !string.IsNullOrEmpty(path); path = Above(path))
        {
            if (capOf(path) is { } own and not HostFacts.Unlimited)
                return (path, own);
        }
        return null;
    }

    private static string? Above(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? null : path[..slash];
    }

    private bool IsServer(TrackedProcess? process) => process is not null && table.IsServer(process);

    private static AgentFacts? AgentOf(TrackedProcess? process)
    {
        var agent = process is { IsAgent: true } ? process : process?.Agent;
        return agent is null
            ? null
            : new AgentFacts(
                agent.Program.Agent,
                agent.Pid,
                agent.Program.Session,
                agent.Program.Folder,
                agent.Died is null && agent != process
            );
    }

    private Survivors SurvivorsOf(TrackedProcess? victim, string? user, long at)
    {
        if (user is null)
            return new Survivors(null, 0);
        var (server, agents) = (false, 0);
        var own = victim is { IsAgent: true } ? victim : victim?.Agent;
        foreach (var process in table.Living)
        {
            if (process.Surface.User != user || process.Explained || process == victim)
                continue;
            server |= IsServer(process);
            // An agent that an agent has started is part of it.
            if (process.IsAgent && process != own && process.Agent is null)
                agents++;
        }
        // Where none was seen, none is missed.
        var lost =
            !server
            && victim is not null
            && !IsServer(victim)
            && table.Dead.Any(dead => IsServer(dead) && dead.Surface == victim.Surface && dead.Died >= at - Settle * 2);
        return new Survivors(
            server ? true
                : lost ? false
                : null,
            agents
        );
    }

    private static string Path(ReadOnlySpan<byte> escaped) =>
        Printable.Text(KmsgRecord.Unescape(escaped, new byte[escaped.Length]), 4096).Trim('/');
}
