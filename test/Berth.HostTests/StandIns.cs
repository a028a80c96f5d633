namespace Berth.HostTests;

/// <summary>A roster of stand-in servers, for tests that provoke what a real agent server does rarely.</summary>
internal static class StandIns
{
    public const int AlicePort = 4000;
    public const int BobPort = 4001;

    public const string Roster = """
        host: {reserve: 256M}
        servers:
          standin:
            preset: custom
            ports: 4000-4049
            command: [/usr/local/bin/standin, serve, --port, "{port}"]
            ready: /ready
        defaults: {memory: 300M, session-memory: 400M, pane-memory: 200M}
        users:
          alice: {admin: true}
          bob: {}
        """;

    /// <summary>Where a person's server is in the cgroup tree.</summary>
    public static string Cgroup(string user) => $"/berth.slice/berth-servers.slice/standin-serve@{user}.service";

    /// <summary>Sends one request, and prints the answer as far as it comes within the bound: 3 s, where one that does
    /// not come at all is expected too.</summary>
    public static string Ask(int port, string what, int seconds = 3) =>
        $"timeout {seconds} bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; printf \"{what} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n\" >&3; cat <&3' 2>/dev/null";

    /// <summary>Lets a server start a command itself: a child in its own cgroup, as an agent's tool is.</summary>
    public static string Spawn(int port, string command) =>
        $"printf 'POST /spawn?{Uri.EscapeDataString(command).Replace("%", "%%", StringComparison.Ordinal)} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; cat >&3; cat <&3' | grep -q '\"pid\"'";
}
