using Berth.Host;
using Xunit;

namespace Berth.Doctoring;

/// <summary>What the doctor makes of the texts that it reads, and what it does not follow.</summary>
public sealed class ReadingTests
{
    private const string Root = "root";

    [Fact]
    public void Units_are_read_from_what_systemctl_shows()
    {
        var units = UnitTable.Parse(
            """
            Id=t3-serve@alice.service
            ActiveState=active
            User=alice
            ControlGroup=/system.slice/t3-serve@alice.service
            MainPID=700
            ExecStart={ path=/usr/bin/node ; argv[]=/usr/bin/node /usr/bin/t3 serve --port 3773 ; ignore_errors=no ; start_time=[n/a] }
            OOMPolicy=stop
            PrivateTmp=no
            WatchdogUSec=0
            ManagedOOMSwap=auto
            EnvironmentFiles=/etc/t3/alice.env (ignore_errors=no)
            EnvironmentFiles=/home/alice/my file.env (ignore_errors=yes)

            Id=user.slice
            ActiveState=active
            ManagedOOMMemoryPressure=kill
            """
        );
        Assert.Equal(["/etc/t3/alice.env", "/home/alice/my file.env"], units[0].Files);
        Assert.Equal(
            new UnitSeen("t3-serve@alice.service")
            {
                Active = true,
                User = "alice",
                Cgroup = "system.slice/t3-serve@alice.service",
                MainPid = 700,
                Server = "t3",
                OomPolicy = "stop",
            },
            units[0].Seen
        );
        Assert.True(units[1].Seen.OomdKills);
    }

    [Theory]
    [InlineData("/usr/bin/node /usr/bin/t3 serve --port 1", "t3")]
    [InlineData("t3 auth pairing create", null)]
    [InlineData("opencode serve", "opencode")]
    [InlineData("opencode", null)]
    [InlineData("/usr/lib/code-server/lib/node /usr/lib/code-server", "code-server")]
    [InlineData("node /usr/lib/node_modules/cloudcli start", "claude-code-ui")]
    [InlineData("vim t3 serve", null)]
    [InlineData("grep code-server", null)]
    public void Agent_servers_are_told_by_what_was_started(string line, string? server) =>
        Assert.Equal(server, AgentServers.Of(line.Split(' ')));

    [Fact]
    public void The_running_earlyoom_is_compared_with_what_its_file_means()
    {
        string[] unit = ["/usr/bin/earlyoom", "$EARLYOOM_ARGS"];
        const string file = "# EARLYOOM_ARGS=\"-r 1\"\nEARLYOOM_ARGS=\"-r 3600 -s 100,100 --prefer '^(web|x\\.y)$'\"\n";
        var meant = EarlyoomArguments.Configured(unit, file);
        Assert.Equal(["/usr/bin/earlyoom", "-r", "3600", "-s", "100,100", "--prefer", @"^(web|x\.y)$"], meant);
        var running = EarlyoomArguments.Read(meant!, canSort: true, meant);
        Assert.Equal((100, @"^(web|x\.y)$", true), (running.SwapPercent, running.Prefer, running.AsConfigured));
        // What systemd makes of that backslash.
        string[] stripped = [.. meant!.SkipLast(1), "^(web|x.y)$"];
        Assert.False(EarlyoomArguments.Read(stripped, true, meant).AsConfigured);
        Assert.Equal(10, EarlyoomArguments.Read(["earlyoom"], null, null).SwapPercent);
        Assert.True(
            EarlyoomArguments.Read(["earlyoom", "--prefer=x", "--sort-by-rss"], null, null)
                is { Prefer: "x", Sorts: true }
        );
        Assert.False(EarlyoomArguments.Matches("(", "x"));
    }

    [Fact]
    public void Fenced_ports_are_found_in_sets_and_rules_that_ask_who_connects()
    {
        var fences = Fences.Of(
            """
            table inet berth {
                set ports {
                    type inet_service
                    elements = { 4000, 4001 }
                }
                chain people {
                    meta skuid { 0, 1000 } accept
                }
            }
            table inet mine {
                chain output {
                    oifname "lo" tcp dport 3773-3780 meta skuid != 1000 reject with tcp reset
                    tcp dport { 5000, 5001 } meta skuid != 1001 reject
                }
            }
            table ip other {
                chain input {
                    tcp dport 22 accept
                }
            }
            """
        );
        Assert.Equal([new(4000, 4000), new(4001, 4001), new(3773, 3780), new(5000, 5000), new(5001, 5001)], fences);
    }

    [Fact]
    public void Memory_file_systems_have_their_size_or_half_the_ram()
    {
        var found = MountTable.Tmpfs(
            """
            25 1 0:23 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,inode64
            26 1 0:24 / /run rw,nosuid - tmpfs tmpfs rw,size=1024k,mode=755
            27 1 0:25 / /ro ro - tmpfs tmpfs rw,size=1024k
            28 1 8:1 / / rw - ext4 /dev/vda rw
            """,
            1000
        );
        Assert.Equal([new("/dev/shm", 500), new("/run", 1 << 20)], found);
    }

    [Fact]
    public void The_last_file_that_says_something_counts_and_an_empty_value_takes_it_back()
    {
        Assert.Equal(
            "stop",
            PolicyFiles.Last(["[Service]\nOOMPolicy=continue", "OOMPolicy = stop\n# OOMPolicy=kill"], "OOMPolicy")
        );
        Assert.Null(PolicyFiles.Last(["OOMPolicy=stop", "OOMPolicy="], "OOMPolicy"));
        Assert.Null(PolicyFiles.Last(["[Service]"], "OOMPolicy"));
    }

    /// <summary>In a folder that stands for a host: what is root's there is the caller's, so only links and modes can be
    /// tried; the machine has the rest.</summary>
    [Fact]
    public void The_way_to_a_file_is_weak_where_others_may_write()
    {
        Assert.SkipUnless(Environment.UserName == Root, "files of root's can only be made by root");
        using var folder = new TemporaryFolder();
        folder.Write("etc/good/x.env", "");
        folder.Write("etc/open/x.env", "");
        File.SetUnixFileMode(Path.Join(folder.Path, "etc/open"), (UnixFileMode)0x1FF);
        File.CreateSymbolicLink(Path.Join(folder.Path, "etc/link"), "/etc/open");
        File.CreateSymbolicLink(Path.Join(folder.Path, "etc/loop"), "loop");
        var way = new TrustedWay(new HostPaths(folder.Path));
        Assert.Null(way.Weak("u", "/etc/good/x.env"));
        Assert.Null(way.Weak("u", "/etc/absent/x.env"));
        Assert.Null(way.Weak("u", "/etc/loop/x.env"));
        Assert.Equal("/etc/open", way.Weak("u", "/etc/open/x.env")?.At);
        Assert.Equal("/etc/open", way.Weak("u", "/etc/link/x.env")?.At);
        Assert.Equal("/etc/open", way.Weak("u", "/etc/good/../open/x.env")?.At);
    }
}
