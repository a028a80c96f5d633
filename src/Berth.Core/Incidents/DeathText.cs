using System.Text;
using Berth.Recording;

namespace Berth.Incidents;

/// <summary>A kill in plain words.</summary>
public static class DeathText
{
    public static Report Report(Death death) =>
        new(
            IncidentKind.OomKill,
            death.User,
            $"{death.Surface?.Cgroup ?? "host"} {death.Agent?.Pid ?? 0} {death.Program?.Program ?? "?"}",
            Sentence(death),
            Outcome(death),
            NextStep(death),
            Evidence(death)
        )
        {
            Count = death.Count,
            Death = new DeathFacts(
                death.At,
                death.Pid,
                death.Uid,
                death.Name,
                death.User,
                death.Surface?.Cgroup,
                death.Program?.Argv,
                death.Parent,
                death.Agent?.Kind.ToString().ToLowerInvariant(),
                death.Agent?.Session,
                death.Bytes,
                death.Limit,
                death.Count
            ),
        };

    /// <summary>Who, what, how, where, and what was left alone.</summary>
    public static string Sentence(Death death)
    {
        var text = new StringBuilder();
        if (!death.Known)
            text.Append(Unseen(death));
        else if (death.IsServer)
            text.Append($"{death.User}'s server (`{Ran(death)}`) ").Append(Grew(death));
        else if (death.Agent is { } agent && agent.Pid == death.Pid)
            text.Append(Agent(death.User, agent)).Append(" itself ").Append(Grew(death));
        else if (death.Agent is { } above)
            text.Append(Agent(death.User, above)).Append($" ran `{Ran(death)}`, which ").Append(Grew(death));
        else
            text.Append($"`{Ran(death)}` in {death.Surface?.Says ?? "the system"} ").Append(Grew(death));
        text.Append(death.Known || death is { Pid: > 0, Count: 1 } ? " and " : " ").Append(Killed(death));
        var left = Left(death);
        if (left.Length > 0)
            text.Append("; ").Append(left);
        return text.ToString();
    }

    /// <summary>What the owner of an agent is told, so that it is not tried again as it was.</summary>
    public static string Receipt(Death death) =>
        death.Limit is { } cap && death.AtCap
            ? $"berth: your `{Ran(death)}` reached the memory cap of {Words.Cap(cap)} and was killed by the kernel; narrow it before running it again"
            : $"berth: your `{Ran(death)}` was killed by the kernel because memory had run out; narrow it before running it again";

    private static string Ran(Death death) =>
        death.Program is { Argv.Length: > 0 } program ? Words.Short(program.Argv)
        : death.Parent.Length > 0 ? $"(a child of {Words.Short(death.Parent)})"
        : "(unknown)";

    private static string Agent(string? user, AgentFacts agent)
    {
        var name = agent.Kind.ToString().ToLowerInvariant();
        var details = new List<string>();
        if (agent.Session is { } session)
            details.Add($"conversation {Words.Short(session, 12)}");
        if (agent.Folder is { } folder)
            details.Add($"in {Words.Short(folder, 60)}");
        return $"{(user is null ? "somebody" : user)}'s {name}"
            + (details.Count > 0 ? $" ({string.Join(", ", details)})" : "");
    }

    private static string Unseen(Death death)
    {
        var where = death.Surface?.Says ?? death.User ?? "the system";
        return death.Count > 1 ? $"{death.Count} processes of {where} that the recorder did not see"
            : death.Pid == 0 ? $"a process of {where} that the recorder did not see"
            : $"a process of {where} that the recorder did not see (it called itself '{death.Name}') held {Words.Memory(death.Bytes)}";
    }

    private static string Grew(Death death) =>
        death.Growth is { } growth && growth.Took > TimeSpan.Zero && growth.Rate >= 1024
            ? $"grew {Words.Rate(growth.Rate)} to {Words.Memory(death.Bytes)} in {Words.Time(growth.Took)}"
            : $"held {Words.Memory(death.Bytes)}";

    private static string Killed(Death death) =>
        (death.Count > 1 ? "were" : "was")
        + (
            !death.AtCap ? " killed because the whole machine had run out of memory"
            : death.Limit is { } cap ? $" killed at the cap of {Words.Cap(cap)}"
            : " killed at a cap of memory"
        );

    private static string Left(Death death)
    {
        if (death.User is null)
            return "";
        var agents = death.Survivors.Agents > 0 ? Words.Count(death.Survivors.Agents, "other agent") : null;
        var left = (death.Survivors.Server, agents) switch
        {
            (true, null) => $"{death.User}'s server was untouched",
            (true, _) => $"{death.User}'s server and {agents} were untouched",
            (false, null) => $"{death.User}'s server is gone as well",
            (false, _) => $"{death.User}'s server is gone as well, {agents} live",
            (null, null) => "",
            _ => $"{agents} {(death.Survivors.Agents == 1 ? "was" : "were")} untouched",
        };
        return death.Agent is { Lives: false } agent && agent.Pid != death.Pid
            ? $"{left}{(left.Length > 0 ? ", " : "")}{agent.Kind.ToString().ToLowerInvariant()} itself was gone a moment later"
            : left;
    }

    private static string Outcome(Death death) =>
        death.IsServer ? "the server's unit decides whether it is started again"
        : death.Survivors.Server is false ? "the server died with it"
        : "only what is named here died";

    private static string NextStep(Death death) =>
        !death.AtCap ? "compare the caps with the RAM: berth plan"
        : !death.Known ? $"read the kernel's own words: journalctl -k --since '{death.At:yyyy-MM-dd HH:mm:ss}'"
        : death.IsServer || (death.Agent is { } agent && agent.Pid == death.Pid)
            ? $"if it needs that much, raise 'memory:' of {death.User} in the roster"
        : death.Agent is not null ? "tell the agent to narrow what it ran; it will try again as it was"
        : $"see what else ran: berth replay {death.User} --at {death.At:HH:mm:ss}";

    private static List<string> Evidence(Death death)
    {
        var evidence = new List<string>();
        if (death.Pid != 0)
            evidence.Add(
                $"kernel: pid {death.Pid}{(death.Uid >= 0 ? $", uid {death.Uid}" : "")}, called itself '{death.Name}', {Words.Memory(death.Bytes)} resident"
            );
        else
            evidence.Add($"memory.events: {Words.Count(death.Count, "kill")} counted, and no line of the kernel's");
        if (death.Cgroup is { } cgroup)
            evidence.Add($"cgroup: {cgroup}");
        if (death.CapCgroup is { Length: > 0 } cap)
            evidence.Add($"cap: {cap}{(death.Limit is { } limit ? $" {Words.Cap(limit)}" : "")}");
        if (death.Program is { Argv.Length: > 0 } program)
            evidence.Add($"ran: {program.Argv}");
        if (death.Parent.Length > 0)
            evidence.Add($"started by: {death.Parent}");
        return evidence;
    }
}
