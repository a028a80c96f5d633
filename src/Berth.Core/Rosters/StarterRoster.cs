namespace Berth.Rosters;

/// <summary>The commented roster that <c>berth init</c> writes.</summary>
public static class StarterRoster
{
    /// <param name="ram">RAM of the host in bytes: the sizes are chosen so that two people fit.</param>
    /// <param name="user">Name of the first person.</param>
    public static string Text(long ram, string user)
    {
        var reserve = Math.Min(4L << 30, ram / 4);
        // Two people with a server and sessions each: four caps beside the reserve.
        var each = Math.Max((ram - reserve) / 4 >> 20, 64);
        var memory = each >= 4096 ? $"{each / 1024}G" : $"{each}M";
        return $$"""
            # The roster: who works on this box, and what each may use. 'berth check' reads it, 'berth plan' shows what
            # it would change, 'berth apply' does it. Every key: docs/roster.md.
            host:
              # Kept for the system. This host has {{Size.Show(ram)}} of RAM.
              reserve: {{(reserve >= 1L << 30 ? $"{reserve >> 30}G" : $"{reserve >> 20}M")}}

            servers:
              # One kind of agent server; every person below gets one of their own.
              opencode: {preset: opencode, ports: 4096-4999}

            defaults:
              # Cap of one person's server with all its children, and as much again for their ssh and tmux sessions.
              memory: {{memory}}

            users:
              {{user}}: {login: {{user}}@example.com, admin: true}
              # bob: {login: bob@example.com}

            """;
    }
}
