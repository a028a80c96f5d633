using Berth.Host;
using Xunit;
using static Berth.Doctoring.Scenes;

namespace Berth.Doctoring;

/// <summary>What people of a host choose themselves: names of cgroups and processes. It is shown and never obeyed.</summary>
public sealed class HostileHostTests
{
    private const string Escape = "\u001b]0;owned\u0007";

    /// <summary>A person names a cgroup of their own; root sees it on a terminal, and copies the fix to a shell.</summary>
    [Fact]
    public void No_finding_and_no_bundle_brings_control_characters_to_a_terminal()
    {
        var leaf = $"{Alice}/agents/{Escape}\u202e$(reboot)";
        var host = (
            Good with
            {
                Cgroups = [.. Good.Cgroups, Capped(leaf, Gib)],
                System = Escape,
                Kernel = Escape,
            }
        ).Plus(new ProcessSeen(107, 100, 1000, Escape, leaf, Gib / 4, 0) { Agent = "claude" }) with
        {
            Unread = [new Unread(Aspect.Docker, Escape, Escape)],
        };
        var diagnosis = Diagnosis.Of(host, new Baseline([("BAND", Escape)]));
        Assert.Equal("GROUP-LEAF", Assert.Single(diagnosis.Open).Code);
        foreach (
            var text in (string[])
                [DoctorText.Render(diagnosis, 80), DoctorJson.Render(diagnosis), Baseline.Write(diagnosis.Open)]
        )
            Assert.DoesNotContain(
                text,
                character => (char.IsControl(character) && character != '\n') || character == '\u202e'
            );
        var problems = new List<Rosters.Problem>();
        Baseline.Read("known", $"{Escape} x", problems);
        Assert.DoesNotContain(Assert.Single(problems).ToString(), char.IsControl);
    }

    /// <summary>A name of a cgroup below a unit is no unit's: the fix must not change ssh because alice calls a cgroup so.</summary>
    [Theory]
    [InlineData(Alice + "/agents/ssh.service", "in the cgroup")]
    [InlineData(Alice + "/agents/$(reboot).service", "in the cgroup")]
    [InlineData(Sessions + "/session-2.scope/ssh.service", "in the cgroup")]
    [InlineData(Sessions + "/user@1000.service/app.slice/app-x.service/ssh.service", "in the cgroup")]
    [InlineData(Sessions + "/session-2.scope", "systemctl set-property session-2.scope A=1")]
    [InlineData(Sessions + "/user@1000.service", "systemctl set-property user@1000.service A=1")]
    [InlineData(Sessions, "systemctl set-property user-1000.slice A=1")]
    [InlineData(Pane, "as the person: systemctl --user set-property tmux-spawn-1.scope A=1")]
    [InlineData(
        "system.slice/system-acme\\x2dvpn.slice/acme\\x2dvpn@1.service",
        "systemctl set-property 'acme\\x2dvpn@1.service' A=1"
    )]
    public void A_fix_names_only_units_that_systemd_made(string cgroup, string fix) =>
        Assert.StartsWith(fix, Fixes.Set(cgroup, "A=1"), StringComparison.Ordinal);

    [Fact]
    public void A_fix_is_one_word_for_each_name_however_that_is_called()
    {
        Assert.Equal("'a b$(x)'", Fixes.Word("a b$(x)"));
        Assert.Equal(@"'it'\''s'", Fixes.Word("it's"));
        Assert.Equal("t3-serve@alice.service", Fixes.Word("t3-serve@alice.service"));
        var host = Good.With(Alice, cgroup => cgroup with { Group = true });
        Assert.Contains(
            "systemctl edit t3-serve@alice.service",
            Assert.Single(Rules.Of("GROUP-SHARED").Find(new Landscape(host))).Fix,
            StringComparison.Ordinal
        );
        // In a cgroup that the server made itself, its unit's OOMPolicy= says nothing.
        host = Good.With(Alice + "/server", cgroup => cgroup with { Group = true });
        Assert.StartsWith(
            "echo 0 > /sys/fs/cgroup/" + Alice + "/server/",
            Assert.Single(Rules.Of("GROUP-SHARED").Find(new Landscape(host))).Fix,
            StringComparison.Ordinal
        );
    }

    /// <summary>Anybody can call a process earlyoom; the guard that the rules ask for is the system's.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(999, true)]
    [InlineData(62_000, true)]
    [InlineData(1000, false)]
    public void A_guard_is_one_of_the_systems_and_not_of_a_person(int uid, bool guards)
    {
        using var host = new TemporaryFolder();
        Process(host, 7, "earlyoom", uid, "/usr/bin/earlyoom\0--prefer\0(a+)+$\0", "system.slice/x.service");
        var walk = new ProcessWalk(new HostPaths(host.Path), []);
        Assert.Single(walk.Read());
        Assert.Equal(guards, walk.Guards.ContainsKey("earlyoom"));
    }

    /// <summary>A title may hold a secret; what is behind the program's name is nobody's business.</summary>
    [Fact]
    public void Of_a_title_only_the_program_is_taken()
    {
        using var host = new TemporaryFolder();
        Process(host, 7, "worker", 1000, "worker: url=https://x/hunter2\0", "a");
        Process(
            host,
            8,
            "sshd",
            0,
            "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0",
            "system.slice/ssh.service"
        );
        Process(host, 9, "node", 1000, "/usr/bin/node\0/x.js\0", "a");
        Assert.Equal(
            ["worker", "sshd", "node"],
            new ProcessWalk(new HostPaths(host.Path), [])
                .Read()
                .OrderBy(process => process.Pid)
                .Select(process => process.Name)
        );
    }

    /// <summary>Whoever may make cgroups can make thousands: the rest of the host must not vanish behind them.</summary>
    [Fact]
    public void A_flood_of_cgroups_hides_nobody_elses()
    {
        using var host = new TemporaryFolder();
        host.Write("sys/fs/cgroup/cgroup.controllers", "memory pids\n");
        for (var number = 0; number < 6100; number++)
            Directory.CreateDirectory(Path.Join(host.Path, $"sys/fs/cgroup/a.slice/flood/{number}"));
        host.Write("sys/fs/cgroup/z.slice/b/t3-serve@bob.service/memory.max", "1048576\n");
        var deep = $"a.slice/{string.Join('/', Enumerable.Repeat("d", 40))}";
        host.Write($"sys/fs/cgroup/{deep}/memory.max", "4096\n");
        var unread = new List<Unread>();
        var walk = new CgroupWalk(new HostPaths(host.Path), unread);
        var all = walk.Read(["z.slice/b/t3-serve@bob.service", deep, "../../etc", "a.slice/gone"]);
        Assert.Equal(1 << 20, all.Single(cgroup => cgroup.Path.EndsWith("bob.service", StringComparison.Ordinal)).Max);
        Assert.Equal(4096, all.Single(cgroup => cgroup.Path == deep).Max);
        Assert.InRange(all.Count, 6000, 6100);
        Assert.DoesNotContain(all, cgroup => cgroup.Path.Contains("..", StringComparison.Ordinal));
        Assert.Equal(all.Count, all.Select(cgroup => cgroup.Path).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Aspect.Cgroups, Assert.Single(unread).Aspect);
    }

    /// <summary>The name of a cgroup is the same in the tree as at its processes, whatever bytes are in it.</summary>
    [Fact]
    public void A_cgroup_with_a_strange_name_keeps_its_limits()
    {
        using var host = new TemporaryFolder();
        host.Write("sys/fs/cgroup/cgroup.controllers", "memory\n");
        host.Write("sys/fs/cgroup/a\u001b[2J/memory.max", "4096\n");
        Process(host, 7, "x", 1000, "x\0", "a\u001b[2J");
        var process = Assert.Single(new ProcessWalk(new HostPaths(host.Path), []).Read());
        var cgroup = Assert.Single(new CgroupWalk(new HostPaths(host.Path), []).Read([process.Cgroup]));
        Assert.Equal((process.Cgroup, 4096), (cgroup.Path, cgroup.Max));
        Assert.DoesNotContain(cgroup.Path, char.IsControl);
    }

    [Theory]
    [InlineData("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", true)]
    [InlineData("", false)]
    public void Pressure_is_measured_where_the_kernel_tells_it_and_not_where_a_file_is(string text, bool measured)
    {
        // Older kernels have the file with psi=0 too, and refuse to read it (psi_show in kernel/sched/psi.c).
        using var host = new TemporaryFolder();
        host.Write("proc/pressure/memory", text);
        Assert.Equal(
            measured,
            new SettingLook(new HostPaths(host.Path), new Files(new HostPaths(host.Path)), []).Pressure()
        );
    }

    /// <summary>min_ttl_ms says nothing while the generations are off (multigen_lru in the kernel's admin guide).</summary>
    [Theory]
    [InlineData("0x0007\n", 1000)]
    [InlineData("0x0000\n", 0)]
    [InlineData("0x0006\n", 0)]
    public void A_working_set_is_kept_only_where_the_generations_are_on(string enabled, int kept)
    {
        using var host = new TemporaryFolder();
        host.Write("sys/kernel/mm/lru_gen/min_ttl_ms", "1000\n");
        host.Write("sys/kernel/mm/lru_gen/enabled", enabled);
        Assert.Equal(
            kept,
            new SettingLook(new HostPaths(host.Path), new Files(new HostPaths(host.Path)), []).Read().KeepMilliseconds
        );
    }

    /// <summary>root writes a bundle to a folder of somebody else's: what they put there is not written through.</summary>
    [Fact]
    public void What_a_person_asks_for_is_written_beside_a_link_and_not_through_it()
    {
        using var host = new TemporaryFolder();
        var target = host.Write("etc/shadow", "kept");
        var link = Path.Join(host.Path, "tmp.json");
        File.CreateSymbolicLink(link, target);
        new Files(new HostPaths(host.Path)).WriteFor("/tmp.json", "new");
        Assert.Equal(("kept", "new"), (File.ReadAllText(target), File.ReadAllText(link)));
        Assert.Null(new FileInfo(link).LinkTarget);
        Assert.Single(Directory.GetFiles(host.Path));
        Assert.Throws<IOException>(() => new Files(new HostPaths(host.Path)).WriteFor("/absent/x", "new"));
    }

    private static void Process(TemporaryFolder host, int pid, string comm, int uid, string cmdline, string cgroup)
    {
        host.Write(
            $"proc/{pid}/stat",
            $"{pid} ({comm}) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 1000000 500 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        );
        host.Write(
            $"proc/{pid}/status",
            $"Name:\t{comm}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nThreads:\t1\n"
        );
        host.Write($"proc/{pid}/cmdline", cmdline);
        host.Write($"proc/{pid}/cgroup", $"0::/{cgroup}\n");
        host.Write($"proc/{pid}/oom_score_adj", "0\n");
    }
}
