using System.Text.Json;
using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Many small hogs under false names, and what the kernel, the hogs and the recorder each say of them.</summary>
internal sealed class Hogs(Vm vm)
{
    /// <summary>Three people: two with a server, one in ssh sessions; caps so small that a hog dies in a moment.</summary>
    public const string Roster = """
        host: {reserve: 256M}
        servers:
          standin:
            preset: custom
            ports: 4000-4049
            command: [/usr/local/bin/standin, serve, --port, "{port}"]
            ready: /ready
            tasks: 128
        defaults: {memory: 64M, session-memory: 64M, pane-memory: 64M}
        users:
          alice: {}
          bob: {}
          carol: {server: none}
        """;

    /// <summary>Tells its pid and mark, gives itself a name, and takes memory until it is killed: it, and nobody else of
    /// its surface.</summary>
    private const string Hog = """
        my ($kind, $mark) = @ARGV;
        if ($kind eq 'double') { exit if fork; setpgrp; }
        open my $log, '>>', '/opt/hogs/log' or die; syswrite $log, "$$ $mark\n";
        open my $first, '>', '/proc/self/oom_score_adj' or die; syswrite $first, 1000;
        my $name = {sshd => 'sshd', version => '2.1.205', empty => "\0"}->{$kind};
        if (defined $name) { open my $comm, '>', '/proc/self/comm' or die; syswrite $comm, $name; }
        for my $i (0 .. 100) { push @kept, chr(97 + $i % 20) x (1 << 20); }
        sleep 60;
        """;

    /// <summary>One hog after the other: the pipe that each holds is closed when it is dead.</summary>
    private const string Load = """
        kinds=(sshd version empty double short)
        for ((i = 0; i < $2; i++)); do
            : "$(perl /opt/hog.pl "${kinds[i % 5]}" "$1-$i" 2>/dev/null)"
        done
        : >/opt/hogs/done-$1
        """;

    /// <summary>All but the short-lived are there already and wait, so that they die in one burst; the short-lived come
    /// and go in it. Each is the one that the kernel picks, and holds a pipe that is closed when it is dead.</summary>
    private const string Burst = """
        my ($user, $count) = @ARGV;
        pipe(my $go, my $hold); pipe(my $dead, my $alive);
        sub put { open my $to, $_[0], $_[1] or die; syswrite $to, $_[2]; }
        sub hog {
            my ($kind, $mark) = @_;
            $0 = "hog $kind $mark";
            if ($kind eq 'double') { exit if fork; setpgrp; }
            put('>', '/proc/self/oom_score_adj', 1000);
            put('>>', '/opt/hogs/log', "$$ $mark\n");
            my $name = {sshd => 'sshd', version => '2.1.205', empty => "\0"}->{$kind};
            put('>', '/proc/self/comm', $name) if defined $name;
            close $hold; sysread $go, my $word, 1;
            for my $i (0 .. 100) { push @kept, chr(97 + $i % 20) x (1 << 20); }
            sleep 60;
        }
        my @kinds = qw(sshd version empty double short);
        for my $i (0 .. $count - 1) {
            my $kind = $kinds[$i % 5];
            if ($kind eq 'short') { push @short, "$user-$i" } elsif (!fork) { hog($kind, "$user-$i") }
        }
        put('>', "/opt/hogs/ready-$user", '');
        select undef, undef, undef, 0.05 until -e '/opt/hogs/go';
        close $hold; close $alive;
        for my $mark (@short) {
            my $pid = fork;
            if (!$pid) { put('>', '/proc/self/oom_score_adj', 1000); exec 'perl', '/opt/hog.pl', 'short', $mark }
            waitpid $pid, 0;
        }
        sysread $dead, my $word, 1;
        put('>', "/opt/hogs/done-$user", '');
        """;

    /// <summary>Installs it all, on a host to which the roster was applied.</summary>
    public async Task Bring()
    {
        await vm.Write("/opt/hog.pl", Hog);
        await vm.Write("/opt/load.sh", Load);
        await vm.Write("/opt/burst.pl", Burst);
        (await vm.Run("chmod 644 /opt/hog.pl /opt/load.sh /opt/burst.pl")).Ok();
        await vm.LetIn("carol");
    }

    /// <summary>Begins with an empty kernel log and nothing told.</summary>
    public async Task Clear() =>
        (
            await vm.Run(
                "rm -rf /opt/hogs; install -d -m 1777 /opt/hogs; install -m 666 /dev/null /opt/hogs/log; systemctl stop berth-recorder; rm -rf /var/lib/berth/recorder; systemctl start berth-recorder; echo berth-begins >/dev/kmsg; pkill -x cat; (cat /dev/kmsg >/root/kmsg 2>/dev/null &)"
            )
        ).Ok();

    /// <summary>Has everybody start so many hogs, one after the other, and waits until all of them are dead.</summary>
    public async Task Run(int each, string meanwhile)
    {
        await Start($"bash /opt/load.sh {{0}} {each}");
        (await vm.Run($"{Within} {AllAre("done")} && exit 0; {meanwhile}; sleep 0.2; done; exit 1")).Ok();
    }

    /// <summary>The same in one burst.</summary>
    /// <returns>How long it took until the last was dead, in nanoseconds.</returns>
    public async Task<long> RunAtOnce(int each)
    {
        await Start($"perl /opt/burst.pl {{0}} {each}");
        (await vm.Run($"{Within} {AllAre("ready")} && exit 0; sleep 0.2; done; exit 1")).Ok();
        return long.Parse(
            await vm.Ask(
                $"A=$(date +%s%N); touch /opt/hogs/go; {Within} {AllAre("done")} && echo $(($(date +%s%N) - A)) && exit 0; sleep 0.1; done; exit 1"
            )
        );
    }

    private const string Within = "for ((i = 0; i < 1500; i++)); do";

    private static string AllAre(string what) =>
        string.Join(" && ", ((string[])["alice", "bob", "carol"]).Select(user => $"[ -e /opt/hogs/{what}-{user} ]"));

    /// <summary>Two through their servers, one in an ssh session.</summary>
    private async Task Start(string command)
    {
        string Of(string user) => command.Replace("{0}", user, StringComparison.Ordinal);
        (await vm.Run(StandIns.Spawn(StandIns.AlicePort, $"exec {Of("alice")}"))).Ok();
        (await vm.Run(StandIns.Spawn(StandIns.BobPort, $"exec {Of("bob")}"))).Ok();
        (await vm.As("carol", $"nohup {Of("carol")} >/dev/null 2>&1 &")).Ok();
    }

    /// <summary>What the kernel says: pid of each kill, newest first. Its log is read all the time, because a hundred kills
    /// are more than it holds.</summary>
    public async Task<IReadOnlyList<int>> Kernel() =>
        [
            .. (
                await vm.Ask(
                    "tac /root/kmsg | sed '/berth-begins/q' | sed -n 's/.*;Memory cgroup out of memory: Killed process \\([0-9]*\\) .*UID:\\([0-9]*\\).*/\\1/p'"
                )
            )
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(int.Parse),
        ];

    /// <summary>What each hog says of itself: its mark, by pid.</summary>
    public async Task<IReadOnlyDictionary<int, string>> Own() =>
        (await vm.Ask("cat /opt/hogs/log"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(words => int.Parse(words[0]), words => words[1]);

    /// <summary>What the recorder says, when it has said as much as the kernel.</summary>
    public async Task<IReadOnlyList<Told>> Recorder(int kills)
    {
        // What is still missing in the end is for the test to name.
        await vm.Run(
            $"for ((i = 0; i < 80; i++)); do test $(berth incidents --kind oom-kill --json | grep -c '\"kernelName\"') -ge {kills} && exit; sleep 0.5; done"
        );
        using var json = JsonDocument.Parse(await vm.Ask("berth incidents --kind oom-kill --json"));
        return
        [
            .. json
                .RootElement.EnumerateArray()
                .SelectMany(incident => incident.GetProperty("deaths").EnumerateArray())
                .Select(death => new Told(
                    death.GetProperty("pid").GetInt32(),
                    death.GetProperty("user").GetString(),
                    death.GetProperty("surface").GetString(),
                    death.GetProperty("argv").GetString(),
                    death.GetProperty("parent").GetString() ?? "",
                    death.GetProperty("count").GetInt32()
                )),
        ];
    }

    /// <summary>Each kill once. What is wrong is told by pid and as it was told: 0 is a kill that only a counter knew.</summary>
    public static void AreTheSame(IReadOnlyList<int> kernel, IReadOnlyList<Told> told)
    {
        var pids = told.Select(death => death.Pid).ToList();
        var more = told.Where(death => !kernel.Contains(death.Pid) || pids.Count(pid => pid == death.Pid) > 1);
        Assert.Equal(
            "missing: , too much: ",
            $"missing: {string.Join(' ', kernel.Except(pids))}, too much: {string.Join(' ', more)}"
        );
        Assert.Equal(kernel.Count, told.Count);
    }

    /// <summary>Where somebody's hogs ran.</summary>
    public static string Surface(string user, int carol) =>
        user is "carol"
            ? $"user.slice/user-{carol}.slice"
            : $"berth.slice/berth-servers.slice/standin-serve@{user}.service";

    internal sealed record Told(int Pid, string? User, string? Surface, string? Argv, string Parent, int Count);
}
