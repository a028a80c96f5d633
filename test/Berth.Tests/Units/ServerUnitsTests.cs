using Berth.Planning;
using Berth.Rosters;
using Xunit;

namespace Berth.Units;

public sealed class ServerUnitsTests
{
    /// <summary>Every line of the seed's t3-serve@.service, and how Berth keeps it. The left side is the original; the
    /// right side is what must stand in the rendered template or drop-in, the same or stronger.</summary>
    public static TheoryData<string, string> Seed =>
        new()
        {
            {
                "Description=T3 Code server for %i (t3 serve, per-user)",
                "Description=T3 Code server for %i (t3 serve, per-user)"
            },
            {
                "Documentation=https://github.com/pingdotgg/t3code",
                "Documentation=https://github.com/pingdotgg/t3code"
            },
            { "After=network.target", "After=network.target" },
            { "Type=simple", "Type=simple" },
            { "User=%i", "User=%i" },
            { "Group=%i", "Group=%i" },
            { "Environment=HOME=/home/%i (assumed)", "Environment=HOME=/srv/people/alice" },
            {
                "Environment=PATH=/usr/local/bin:/usr/bin:/bin:/home/%i/.local/bin (assumed)",
                "Environment=PATH=/usr/local/bin:/usr/bin:/bin:/srv/people/alice/.local/bin"
            },
            { "Environment=NODE_ENV=production", "Environment=NODE_ENV=production" },
            { "EnvironmentFile=/etc/t3-serve/%i.env (T3_PORT)", "EnvironmentFile=/etc/t3-serve/%i.env" },
            { "WorkingDirectory=/home/%i (assumed)", "WorkingDirectory=~" },
            {
                "ExecStart=… --host 0.0.0.0 (loopback unless the roster says otherwise)",
                "ExecStart=/usr/bin/t3 serve --host 127.0.0.1 --port ${T3_PORT} --base-dir ${HOME}/.t3 --no-browser"
            },
            { "Restart=on-failure", "Restart=on-failure" },
            { "RestartSec=5", "RestartSec=5" },
            { "MemoryHigh=infinity", "MemoryHigh=infinity" },
            { "MemoryMax=16G", "MemoryMax=6G" },
            { "MemorySwapMax=0", "MemorySwapMax=0" },
            { "OOMPolicy=continue", "OOMPolicy=continue" },
            { "WantedBy=multi-user.target", "WantedBy=multi-user.target" },
        };

    [Theory]
    [MemberData(nameof(Seed))]
    public void The_t3_preset_carries_every_directive_of_the_original_unit(string original, string kept)
    {
        var server = Hosts.Team.Servers["t3"];
        var account = Hosts.Person("alice", 1000) with { Home = "/srv/people/alice" };
        var lines = (
            ServerUnits.Template(server, 4L << 30, 257)
            + ServerUnits.InstanceDropIn(server, Hosts.Team.Users[0], account, 3773, 6L << 30)
        ).Split('\n');
        Assert.True(lines.Contains(kept, StringComparer.Ordinal), $"{original} → {kept}");
    }

    [Fact]
    public void The_port_comes_from_the_environment_file() =>
        Assert.EndsWith(
            "\nT3_PORT=3773\n",
            ServerUnits.EnvironmentFile(Hosts.Team.Servers["t3"], 3773),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(252, false)]
    [InlineData(254, true)]
    public void A_directive_the_hosts_systemd_does_not_know_is_left_out(int systemd, bool known) =>
        Assert.Equal(
            known,
            ServerUnits
                .Template(Hosts.Team.Servers["t3"], 1L << 30, systemd)
                .Contains("DelegateSubgroup", StringComparison.Ordinal)
        );

    [Fact]
    public void No_unit_reads_a_file_below_a_home()
    {
        foreach (var file in DesiredFiles.Of(Hosts.Team, Hosts.Bare, Manifest.Empty).Files)
            Assert.DoesNotContain(
                file.Content.Split('\n'),
                line =>
                    line.StartsWith("EnvironmentFile=", StringComparison.Ordinal)
                    && !line.StartsWith("EnvironmentFile=/etc/", StringComparison.Ordinal)
            );
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("100%", "100%%")]
    [InlineData("$HOME", "$$HOME")]
    [InlineData("say \"hi\"\\", "\"say \\\"hi\\\"\\\\\"")]
    [InlineData("", "\"\"")]
    [InlineData("a;b", "\"a;b\"")]
    public void A_word_of_a_command_reaches_the_server_as_it_was_written(string word, string written) =>
        Assert.Equal(written, UnitText.Word(word));

    [Fact]
    public void A_group_that_is_not_called_like_the_user_is_looked_up()
    {
        var account = Hosts.Person("alice", 1000) with { PrimaryGroup = "users" };
        Assert.Contains(
            "\nGroup=users\n",
            ServerUnits.InstanceDropIn(Hosts.Team.Servers["t3"], Hosts.Team.Users[0], account, 3773, 1L << 30),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_preset_is_used_as_the_roster_overrides_it()
    {
        var server = RosterReaderTests
            .Good(
                "servers: {x: {preset: custom, ports: 4000-, command: '/opt/s --at {host}:{port} --dir {home}/s --for {user}', environment: {A: '50%', B: '{home}'}}}\nusers: {}"
            )
            .Servers["x"];
        var unit = ServerUnits.Template(server, 1L << 30, 257);
        Assert.Contains(
            "ExecStart=/opt/s --at 127.0.0.1:${PORT} --dir ${HOME}/s --for %i\n",
            unit,
            StringComparison.Ordinal
        );
        Assert.Contains("Environment=A=50%%\n", unit, StringComparison.Ordinal);
        Assert.DoesNotContain("Environment=B", unit, StringComparison.Ordinal);
    }
}
