using Xunit;

namespace Berth.Rosters;

public sealed class RosterReaderTests
{
    private const string Design = """
        host:     {reserve: 4G}
        gateway:  {listen: 127.0.0.1:3780, identity: {kind: jwt, header: X-authentik-jwt, jwks: https://id.example/jwks, issuer: https://id.example/, audience: workstation}}
        store:    {kind: vault, address: https://vault.example, path: "secret/workstation/claude-users/{user}"}
        servers:  {t3: {preset: t3, ports: 3773-}}
        defaults: {server: t3, memory: 16G, pane-memory: 6G}
        users:
          alice: {login: alice@example.com, admin: true}
          bob:   {login: bob@example.com, memory: 24G}
          carol: {login: carol@example.com, parked: true}
        """;

    [Fact]
    public void The_roster_of_the_documentation_is_read()
    {
        var roster = Good(Design);
        Assert.Equal(Size.Gibibytes(4), roster.Host.Reserve);
        Assert.Equal("jwt", roster.Gateway?.Identity?.Kind);
        Assert.Equal("secret/workstation/claude-users/{user}", roster.Store?.Path);
        Assert.Equal(new PortRange(3773, 4772), roster.Servers["t3"].Ports);
        Assert.Equal(["alice", "bob", "carol"], roster.Users.Select(user => user.Name));
        Assert.Equal([true, true, false], roster.Users.Select(user => user.Serves));
    }

    [Fact]
    public void The_gateway_is_read_with_its_origin_as_browsers_name_it()
    {
        var gateway = Good(
            """
            gateway:
              listen: "[::]:443"
              url: https://Code.EXAMPLE:443/
              certificate: /etc/berth/tls/chain.pem
              key: /etc/berth/tls/key.pem
              proxies: 10.0.0.7 fd00:1::/64
              proxy-protocol: true
              contact: help@example.com
              identity: {session-days: 7}
            """
        ).Gateway!;
        Assert.Equal(("[::]:443", "https://code.example"), (gateway.Listen, gateway.Url));
        Assert.Equal(("/etc/berth/tls/chain.pem", "/etc/berth/tls/key.pem"), (gateway.Certificate, gateway.Key));
        Assert.Equal(["10.0.0.7", "fd00:1::/64"], gateway.Proxies);
        Assert.Equal((true, "help@example.com"), (gateway.ProxyProtocol, gateway.Contact));
        Assert.Equal(("link", 7), (gateway.Identity.Kind, gateway.Identity.SessionDays));
    }

    [Theory]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("http://127.0.0.1:3780", "http://127.0.0.1:3780")]
    [InlineData("http://localhost:80", "http://localhost")]
    [InlineData("https://[fd00::1]:8443", "https://[fd00::1]:8443")]
    public void An_origin_is_as_browsers_name_it(string url, string origin) =>
        Assert.Equal(origin, Good($"gateway: {{url: \"{url}\"}}").Gateway!.Url);

    [Fact]
    public void An_identity_is_read_with_its_defaults()
    {
        var identity = Good(
            "gateway: {identity: {kind: header, header: X-User, secret-file: /etc/s, domain: Example.COM}}"
        ).Gateway!.Identity;
        Assert.Equal(("X-Berth-Secret", "example.com"), (identity.SecretHeader, identity.Domain));
        var jwt = Good(
            "gateway: {identity: {kind: jwt, header: X-J, jwks: /etc/j, issuer: i, audience: a, clock-skew: 0}}"
        ).Gateway!.Identity;
        Assert.Equal(("email", 0, 30), (jwt.Claim, jwt.ClockSkew, jwt.SessionDays));
    }

    [Fact]
    public void Sessions_follow_the_users_own_memory_and_a_pane_follows_the_default()
    {
        var bob = Good(Design).Users[1];
        Assert.Equal(("24G", "24G", "6G"), ($"{bob.Memory}", $"{bob.SessionMemory}", $"{bob.PaneMemory}"));
    }

    [Theory]
    // own memory, own sessions, own pane, default sessions, default pane → sessions, pane
    [InlineData("", "", "8G", "8G")]
    [InlineData("session-memory: 4G", "", "4G", "4G")]
    [InlineData("session-memory: 4G, pane-memory: 1G", "", "4G", "1G")]
    [InlineData("memory: 2G", "session-memory: 6G, pane-memory: 3G", "6G", "3G")]
    [InlineData("session-memory: 2G", "session-memory: 6G, pane-memory: 3G", "2G", "2G")]
    [InlineData("session-memory: 50%", "pane-memory: 3G", "50%", "3G")]
    public void A_cap_is_the_users_own_else_the_default_else_follows_the_larger_surface(
        string own,
        string defaults,
        string sessions,
        string pane
    )
    {
        var user = Good($"defaults: {{memory: 8G, {defaults}}}\nusers: {{alice: {{{own}}}}}").Users[0];
        Assert.Equal((sessions, pane), ($"{user.SessionMemory}", $"{user.PaneMemory}"));
    }

    [Fact]
    public void What_nobody_says_has_its_documented_default()
    {
        var roster = Good("servers: {opencode: {ports: 4096}}\nusers: {alice: }");
        Assert.Equal(new HostSettings(null, false, null, true), roster.Host);
        Assert.Null(roster.Gateway);
        Assert.Null(roster.Store);
        var server = roster.Servers["opencode"];
        Assert.Equal(("opencode", "127.0.0.1", 4096), (server.Preset, server.Host, server.Tasks));
        Assert.Equal(new PortRange(4096, 4096), server.Ports);
        var quarter = new Size(0, 25);
        Assert.Equal(new DefaultSettings("opencode", quarter, quarter, quarter), roster.Defaults);
        var alice = roster.Users[0];
        Assert.Equal(("alice", "opencode", quarter), (alice.Login, alice.Server, alice.Memory));
        Assert.Equal((false, false, false), (alice.Admin, alice.Parked, alice.Removed));
    }

    [Fact]
    public void A_command_is_a_list_or_a_line()
    {
        var roster = Good(
            """
            servers:
              a: {preset: custom, ports: 4000, command: [/opt/a, --port, "{port}"]}
              b: {preset: custom, ports: 4001, command: "/opt/b --title 'two words' \"\" --x='{home}/y z'"}
              c: {preset: custom, ports: 4002, command: "/opt/c {\"json\": 1} {}"}
            defaults: {server: none}
            """
        );
        Assert.Equal(["/opt/a", "--port", "{port}"], roster.Servers["a"].Command);
        Assert.Equal(["/opt/b", "--title", "two words", "", "--x={home}/y z"], roster.Servers["b"].Command);
        Assert.Equal(["/opt/c", "{json:", "1}", "{}"], roster.Servers["c"].Command);
    }

    [Fact]
    public void None_is_no_server_and_an_empty_key_is_no_key()
    {
        var roster = Good(
            "servers: {t3: {ports: 3773-}}\ndefaults: {server: , memory: }\nusers: {a: {server: none}, b: {server: }}"
        );
        Assert.Equal([null, "t3"], roster.Users.Select(user => user.Server));
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("'::1'", "::1")]
    public void A_host_is_an_address(string written, string host) =>
        Assert.Equal(host, Good($"servers: {{t3: {{ports: 3773-, host: {written}}}}}").Servers["t3"].Host);

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_are_no_part_of_a_key() =>
        Assert.Equal("alice", Good("\uFEFFusers:\r\n  alice: {}\r\n").Users[0].Name);

    [Fact]
    public void A_drop_in_sets_single_keys_and_adds_people()
    {
        var reading = RosterReader.Read(
            new RosterText("roster.yaml", "users: {alice: {memory: 2G, admin: true}, bob: {}}"),
            [
                new RosterText("users.d/alice.yaml", "users: {alice: {memory: 1G, parked: true}}"),
                new RosterText("users.d/carol.yaml", "users: {carol: {login: c@example.com}}"),
                new RosterText("users.d/empty.yaml", "# nobody\n"),
                new RosterText("users.d/more.yaml", "users: {alice: {uid: 1500}, carol: {admin: true}}"),
            ]
        );
        Assert.Empty(reading.Problems);
        Assert.Equal(["alice", "bob", "carol"], reading.Roster!.Users.Select(user => user.Name));
        var alice = reading.Roster.Users[0];
        Assert.Equal(("1G", true, true, 1500), ($"{alice.Memory}", alice.Admin, alice.Parked, alice.Uid));
        Assert.True(reading.Roster.Users[2].Admin);
    }

    /// <summary>Reads a roster that a test means to be good.</summary>
    internal static Roster Good(string text)
    {
        var reading = RosterReader.Read(new RosterText("roster.yaml", text), []);
        Assert.Empty(reading.Problems);
        return reading.Roster!;
    }
}
