namespace Berth.Rosters;

/// <summary>The commented roster that <c>berth init</c> writes.</summary>
public static class StarterRoster
{
    /// <param name="ram">RAM of the host in bytes: the sizes are chosen so that two people fit without
    /// over-commitment.</param>
    /// <param name="user">Name of the first person.</param>
    public static string Text(long ram, string user)
    {
        var reserve = Math.Min(4L << 30, ram / 4);
        // Two people with a server and sessions each: four caps beside the reserve.
        var each = Math.Max((ram - reserve) / 4, 64L << 20);
        return $$"""
            # The roster: who works on this box, and what each may use.
            #   berth check   reads it and tells every problem
            #   berth plan    shows everything that would change on this host
            #   berth apply   does it
            # Every key, with its default: docs/roster.md. Sizes: 512M, 16G, or a share of the RAM such as 25%.

            host:
              # Memory kept for the system. This host has {{Size.Show(ram)}} of RAM.
              reserve: {{Round(reserve)}}

            # One address for everybody; each lands in their own server, signed in by a link ('berth link NAME'). Behind a
            # proxy, with a sign-in of your own, with TLS: docs/gateway.md.
            gateway: {listen: 127.0.0.1:3780}

            servers:
              # One kind of agent server; each person below gets one of their own, on a port that stays theirs.
              # Other presets: t3, code-server, claude-code-ui, custom.
              opencode: {preset: opencode, ports: 4096-4999}

            defaults:
              # The most that one person's server may use, with everything it starts. A runaway dies here, alone.
              # Their ssh and tmux sessions together get as much again ('session-memory:' to change it).
              memory: {{Round(each)}}

            users:
              # The key is the account name (created if missing), 'login' what your identity provider sends.
              {{user}}: {login: {{user}}@example.com, admin: true}
              # bob: {login: bob@example.com, memory: {{Round(each / 2)}}}

            """;
    }

    /// <summary>A round amount, never more than given.</summary>
    private static string Round(long bytes) => bytes >= 2L << 30 ? $"{bytes >> 30}G" : $"{bytes >> 20}M";
}
