using System.Text.Json;
using Berth.Checkout;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>The doctor on a real host: silent on a stock one, on a bad one it names each thing that is wrong, and after an
/// apply it is silent again.</summary>
public sealed class DoctorTests(Debian13 vm) : IClassFixture<Debian13>
{
    /// <summary>What hurts most, each made with the real thing below.</summary>
    private static readonly string[] s_harmful =
    [
        "ADJ-NEGATIVE t3-serve@erin.service",
        "BAND t3-serve@alice.service",
        "CAP-TOO-LOW-IN-TREE user-1000.slice",
        "DOCKER-PARENT host",
        "EARLYOOM-ARGV earlyoom.service",
        "EARLYOOM-COMM earlyoom.service",
        "EARLYOOM-SWAP earlyoom.service",
        "ENV-FILE-OWNER t3-serve@alice.service",
        "GROUP-SHARED t3-serve@carol.service",
        "HOME-OPEN /home/alice",
        "JOURNAL-VOLATILE systemd-journald.service",
        "NO-HEADROOM t3-serve@carol.service",
        "OOMPOLICY-LIVE t3-serve@erin.service",
        "OOMPOLICY-SCOPE /etc/systemd/user/scope.d",
        "OOMPOLICY-SERVICE t3-serve@alice.service",
        "PIDS t3-serve@alice.service",
        "PORT-OPEN alice:3773",
        "PRIVATE-TMP t3-serve@alice.service",
        "RESCUE ssh.service",
        "SUM-OVER-RAM host",
        "SWAP-LEAK t3-serve@bob.service",
        "SYSCTL-ALLOCATING vm.oom_kill_allocating_task",
        "SYSCTL-PANIC vm.panic_on_oom",
        "TMPFS host",
        "TREE-UNCAPPED t3-serve@bob.service",
        "WOUNDED t3-serve@dave.service",
    ];

    /// <summary>An earlier life of the host: everything by hand, and every line of it has cost somebody an outage.</summary>
    private const string Bad = """
        set -e
        journalctl --flush 2>/dev/null || true
        mkdir -p /opt/agents && ln -sf "$(readlink -f /usr/local/bin/standin)" /opt/agents/t3
        for name in alice bob carol dave erin; do useradd -m -s /bin/bash $name; done
        chmod 0755 /home/alice
        truncate -s 0 /swap && fallocate -l 128M /swap && chmod 600 /swap && mkswap -q /swap && swapon /swap
        cat >/etc/systemd/system/t3-serve@.service <<'U'
        [Service]
        User=%i
        EnvironmentFile=-/home/%i/.config/t3.env
        ExecStart=/opt/agents/t3 serve --host 0.0.0.0 --port ${PORT}
        OOMPolicy=continue
        TasksMax=infinity
        U
        port=3773
        of() {
            mkdir -p /etc/systemd/system/t3-serve@$1.service.d
            printf '[Service]\nEnvironment=PORT=%s\n' $port >/etc/systemd/system/t3-serve@$1.service.d/one.conf
            printf '%s\n' "${@:2}" >>/etc/systemd/system/t3-serve@$1.service.d/one.conf
            port=$((port + 1))
        }
        of alice MemoryHigh=150M MemoryMax=400M MemorySwapMax=0 OOMPolicy=stop
        of bob
        of carol MemoryMax=2900M MemorySwapMax=0 OOMPolicy=kill
        of dave MemoryMax=120M MemorySwapMax=0
        of erin MemoryMax=200M MemorySwapMax=0 OOMScoreAdjust=-500
        mkdir -p /etc/systemd/system/user@1000.service.d
        printf '[Service]\nMemoryMax=300M\n' >/etc/systemd/system/user@1000.service.d/cap.conf
        printf 'EARLYOOM_ARGS="-r 3600 --prefer ^(t3|standin)$"\n' >/etc/default/earlyoom
        systemctl daemon-reload
        systemctl restart earlyoom
        printf 'EARLYOOM_ARGS="-r 3600 -s 100 --prefer ^(t3|standin)$"\n' >/etc/default/earlyoom
        systemctl start t3-serve@{alice,bob,carol,dave,erin}
        printf '[Service]\nOOMPolicy=stop\n' >/etc/systemd/system/t3-serve@erin.service.d/two.conf
        systemd-run --quiet --scope --unit=docker-0123456789abcdef -- sleep 900 >/dev/null 2>&1 </dev/null &
        echo 1 >/proc/sys/vm/panic_on_oom
        echo 1 >/proc/sys/vm/oom_kill_allocating_task
        choom -p "$(systemctl show -p MainPID --value ssh)" -n 0 >/dev/null
        """;

    /// <summary>Back to a host as it is delivered, with two of the people still there.</summary>
    private const string Cleaned = """
        systemctl stop t3-serve@{alice,bob,carol,dave,erin} docker-0123456789abcdef.scope
        rm -rf /etc/systemd/system/t3-serve@* /etc/systemd/system/user@1000.service.d
        sed -i '/Storage=volatile/d' /etc/systemd/journald.conf.d/vm.conf
        mkdir -p /var/log/journal && systemctl restart systemd-journald && journalctl --flush
        echo 0 >/proc/sys/vm/panic_on_oom
        echo 0 >/proc/sys/vm/oom_kill_allocating_task
        swapoff /swap && rm /swap
        choom -p "$(systemctl show -p MainPID --value ssh)" -n -1000 >/dev/null
        chmod 0700 /home/alice
        for name in carol dave erin; do userdel -r $name 2>/dev/null; done
        systemctl daemon-reload
        """;

    [Fact]
    public async Task The_doctor_is_silent_on_a_stock_host_names_what_is_wrong_on_a_bad_one_and_is_silent_after_an_apply()
    {
        await Record("debian-13-stock");
        (await vm.Berth("doctor")).Exits(0).Says("nothing found");

        (await vm.Run(Bad)).Ok();
        await vm.LetIn("alice");
        (
            await vm.As("alice", "systemd-run --user --scope --quiet -- sleep 900 >/dev/null 2>&1 </dev/null & sleep 1")
        ).Ok();
        // A child of dave's server dies at its cap.
        await vm.Until(StandIns.Spawn(3776, "exec standin hog --to 300"));
        await vm.Until(
            "grep -q 'oom_kill [1-9]' /sys/fs/cgroup/system.slice/system-t3*/t3-serve@dave.service/memory.events"
        );
        // A tool that inherits what protects erin's server.
        await vm.Until(StandIns.Spawn(3777, "exec sleep 900"));
        var bad = await Findings();
        foreach (var wanted in s_harmful)
            Assert.True(bad.Any(finding => Is(finding, wanted)), $"not found: {wanted}\n{string.Join('\n', bad)}");
        await Record("debian-13-bad");
        (await vm.Berth("doctor")).Exits(2).Says("ENV-FILE-OWNER");

        // One that is no longer true, and all that is accepted: nothing is left to tell.
        (await vm.Run("berth doctor --baseline /root/known --accept && echo 'BAND gone.service' >>/root/known")).Ok();
        (await vm.Berth("doctor --baseline /root/known")).Exits(0).Says("BAND gone.service, which is no longer found");

        (await vm.Run(Cleaned)).Ok();
        await vm.HangUp("alice");
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        var before = await Findings();
        Assert.Contains(before, finding => Is(finding, "EARLYOOM-COMM") || Is(finding, "EARLYOOM-ARGV"));
        (await vm.Berth("doctor --fix --yes")).Says("ready   alice").Says("cured   EARLYOOM-ARGV");
        await vm.LetIn("bob");
        (await vm.As("bob", "tmux new-session -d -s work; sleep 1; tmux has-session -t work")).Ok();
        await Record("debian-13-berth");
        Assert.Empty(await Findings());
        (await vm.Berth("doctor")).Exits(0);
        // As a person who is not root the same host is as fine.
        (await vm.As("bob", "berth doctor"))
            .Exits(0)
            .Says("nothing found");
    }

    private async Task<IReadOnlyList<string>> Findings()
    {
        using var json = JsonDocument.Parse((await vm.Berth("doctor --json")).Stdout);
        return
        [
            .. json
                .RootElement.GetProperty("findings")
                .EnumerateArray()
                .Select(finding =>
                    $"{finding.GetProperty("code").GetString()} {finding.GetProperty("subject").GetString()}"
                ),
        ];
    }

    /// <summary>By code, and by the last part of a cgroup.</summary>
    private static bool Is(string finding, string wanted)
    {
        var (have, want) = (finding.Split(' ', 2), wanted.Split(' ', 2));
        return have[0] == want[0]
            && (want.Length == 1 || have[1] == want[1] || have[1].EndsWith("/" + want[1], StringComparison.Ordinal));
    }

    /// <summary>Keeps the host's bundle for the unit tests, where <c>BERTH_GOLDEN=write</c> asks for it.</summary>
    private async Task Record(string name)
    {
        var bundle = await vm.Ask("berth doctor snapshot");
        foreach (var person in (ReadOnlySpan<string>)["alice", "carol", "workstation"])
            Assert.DoesNotContain(person, bundle, StringComparison.Ordinal);
        await Bundles.Keep(name, bundle, "recorded in the test machine");
    }
}

/// <summary>A stock Debian 12 on which nobody has installed anything: what the doctor may do there.</summary>
public sealed class DoctorStockTests(Debian12 vm) : IClassFixture<Debian12>
{
    /// <summary>System calls that change something, or open something for that.</summary>
    private const string Changing =
        "openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,chown,lchown,fchown,fchownat,truncate,ftruncate,link,linkat,symlink,symlinkat,mknod,mknodat,mount,setxattr,utimensat";

    [Fact]
    public async Task On_a_stock_host_the_doctor_finds_nothing_writes_nothing_and_is_of_use_to_an_ordinary_user()
    {
        await Bundles.Keep("debian-12-stock", await vm.Ask("berth doctor snapshot"), "recorded in the test machine");
        (await vm.Berth("doctor")).Exits(0).Says("nothing found");

        // Whatever it and what it runs open, they open to read; what they do besides is none of these calls.
        (await vm.Run($"strace -f -qq -o /tmp/calls -e trace={Changing} berth doctor >/dev/null")).Ok();
        Assert.Equal("", await vm.Ask(Written("/tmp/calls")));
        // Control: a program that writes is seen so.
        (await vm.Run($"strace -f -qq -o /tmp/control -e trace={Changing} sh -c 'echo x >/tmp/x'")).Ok();
        Assert.Contains("/tmp/x", await vm.Ask(Written("/tmp/control")), StringComparison.Ordinal);

        // And where nothing can be written it works as well.
        const string readOnly = "systemd-run --quiet --pipe --wait -p ReadOnlyPaths=/ -p InaccessiblePaths=-/dev/shm";
        (await vm.Run($"{readOnly} $(readlink -f /usr/local/bin/berth) doctor")).Exits(0).Says("nothing found");
        Assert.NotEqual(0, (await vm.Run($"{readOnly} touch /root/x")).ExitCode);

        (await vm.Run("useradd -m -s /bin/bash ann && useradd -m -s /bin/bash ben")).Ok();
        await vm.LetIn("ann");
        (await vm.As("ann", "berth doctor")).Exits(0).Says("Looked as an ordinary user");
        // Her own agent server, started by hand in her session, is seen without root.
        (
            await vm.As(
                "ann",
                "mkdir -p ~/bin && ln -sf $(readlink -f /usr/local/bin/standin) ~/bin/t3 && (setsid ~/bin/t3 serve --host 0.0.0.0 --port 3773 >/dev/null 2>&1 </dev/null &) && sleep 1 && berth doctor --json >~/found; test $? = 2 && grep -q TREE-UNCAPPED ~/found && grep -q PORT-OPEN ~/found"
            )
        ).Ok();
    }

    private static string Written(string trace) =>
        $"grep -v 'resumed\\|+++ \\|--- ' {trace} | grep -v 'O_RDONLY' | grep -v '\"/dev/null\"\\|\"/dev/tty\"\\|\"/proc/self/' || true";
}

/// <summary>Bundles of real hosts, kept beside the unit tests that judge them.</summary>
internal static class Bundles
{
    public static async Task Keep(string name, string bundle, string origin)
    {
        if (Environment.GetEnvironmentVariable("BERTH_GOLDEN") is not "write")
            return;
        var folder = Repository.Path("test/Berth.Tests/Doctoring/snapshots");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(
            Path.Join(folder, $"{name}.json"),
            bundle.Replace("\"origin\": null", $"\"origin\": \"{origin}\"", StringComparison.Ordinal) + "\n"
        );
    }
}
