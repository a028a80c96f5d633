using Berth.Recording;

namespace Berth.Incidents;

/// <summary>Agents that live on in the cgroup of a server that is gone: nobody is connected to them, and they hold memory
/// and a login. A server that is being stopped looks like it for as long as systemd waits for its children
/// (<c>TimeoutStopSec=</c>, 90 s), so it has to last longer.</summary>
/// <param name="surface">A server's.</param>
public sealed class Orphans(Surface surface)
{
    private readonly Latch _latch = new(100_000, 10_000);

    /// <param name="server">The server itself lives.</param>
    /// <param name="agents">The agents in its cgroup, those that another one has started apart.</param>
    /// <param name="at">Now, in milliseconds.</param>
    /// <returns>What to report, and whether it is over; null for nothing.</returns>
    public (Report Report, bool Over)? Observe(bool server, IReadOnlyList<TrackedProcess> agents, long at)
    {
        var edge = _latch.Look(!server && agents.Count > 0, at);
        if (edge is Edge.Off)
            return null;
        var unit = surface.Cgroup[(surface.Cgroup.LastIndexOf('/') + 1)..];
        var names = string.Join(
            ", ",
            agents.Take(5).Select(agent => $"`{Words.Short(agent.Program.Argv, 40)}` (pid {agent.Pid})")
        );
        return (
            new Report(
                IncidentKind.OrphanedAgents,
                surface.User,
                surface.Cgroup,
                edge is Edge.Ends
                    ? $"agents of {surface.User} had outlived the server that started them"
                    : $"{Words.Count(agents.Count, "agent")} of {surface.User} {(agents.Count == 1 ? "lives" : "live")} on without the server that started {(agents.Count == 1 ? "it" : "them")}: {names}",
                edge is Edge.Ends ? "they have ended, or the server is back" : "it goes on",
                $"end them: systemctl kill --kill-whom=all {unit}",
                [$"cgroup: {surface.Cgroup}"]
            )
            {
                Lasting = true,
                Count = Math.Max(1, agents.Count),
            },
            edge is Edge.Ends
        );
    }
}
