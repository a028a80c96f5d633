using Berth.Host;
using Berth.Incidents;
using Berth.Recording;
using Xunit;

namespace Berth.Metrics;

public sealed class RecorderNumberTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly List<string> _said = [];

    public void Dispose() => _root.Dispose();

    private RecorderNumbers Numbers(params string[] users) =>
        new(
            new HostPaths(_root.Path),
            new RecorderSettings([.. users.Select((user, at) => new RecordedUser(user, 1000 + at, $"/home/{user}"))])
            {
                Ram = 32L << 30,
                Reserve = 4L << 30,
            },
            TimeProvider.System,
            _said.Add
        );

    private CgroupProbe Probe(SurfaceKind kind, string? user, long current, long cap)
    {
        var surface = new Surface(kind, user, $"x/{user}-{kind}");
        var folder = $"/sys/fs/cgroup/{surface.Cgroup}";
        _root.Write($"{folder}/memory.current", $"{current}\n");
        _root.Write($"{folder}/memory.max", $"{cap}\n");
        _root.Write($"{folder}/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
        _root.Write(
            $"{folder}/memory.pressure",
            "some avg10=1.50 avg60=0 avg300=0 total=2000000\nfull avg10=0.50 avg60=0 avg300=0 total=1000000\n"
        );
        _root.Write($"{folder}/pids.current", "12\n");
        _root.Write($"{folder}/pids.max", "4096\n");
        var probe = new CgroupProbe(new HostPaths(_root.Path), surface);
        probe.Read(new byte[64 << 10]);
        return probe;
    }

    private string Read() => File.ReadAllText(Path.Join(_root.Path, MetricPage.Path("recorder")));

    [Fact]
    public void What_the_recorder_sees_is_told()
    {
        using var numbers = Numbers("alice");
        using var server = Probe(SurfaceKind.Server, "alice", 5L << 30, 6L << 30);
        using var containers = Probe(SurfaceKind.Containers, null, 1L << 30, 8L << 30);
        var death = new Death(
            Scene.Noon,
            7,
            1000,
            "x",
            1,
            "alice",
            server.Surface,
            "x",
            null,
            "",
            null,
            false,
            null,
            "x",
            1,
            new Survivors(true, 0),
            3
        );
        numbers.Died(death);
        numbers.Died(death with { CapCgroup = null, Count = 1 });
        numbers.Tell(
            0,
            [server, containers],
            [],
            [Hooks.HookFlowTests.Stall(1)],
            [("alice", new SignedIn(Credentials.Verdict.Present, DateTimeOffset.FromUnixTimeSeconds(99), true))]
        );
        Assert.Empty(_said);
        var text = Read();
        foreach (
            var line in (string[])
                [
                    "berth_user_memory_bytes{user=\"alice\",surface=\"server\"} 5368709120",
                    "berth_user_memory_cap_bytes{user=\"alice\",surface=\"server\"} 6442450944",
                    "berth_user_memory_bytes{surface=\"containers\"} 1073741824",
                    "berth_user_memory_pressure_ratio{user=\"alice\",surface=\"server\",kind=\"full\"} 0.005",
                    "berth_user_memory_pressure_seconds_total{user=\"alice\",surface=\"server\",kind=\"some\"} 2",
                    "berth_user_tasks{user=\"alice\",surface=\"server\"} 12",
                    "berth_user_agents{user=\"alice\"} 0",
                    "berth_user_kills_total{user=\"alice\",surface=\"server\",cause=\"cap\"} 3",
                    "berth_user_kills_total{user=\"alice\",surface=\"server\",cause=\"host\"} 1",
                    "berth_user_token_state{user=\"alice\",state=\"present\"} 1",
                    "berth_user_token_expiry_timestamp_seconds{user=\"alice\"} 99",
                    "berth_user_auth_invalid{user=\"alice\"} 1",
                    "berth_incidents_open{kind=\"stall\",user=\"alice\"} 1",
                    "berth_host_caps_bytes 15032385536",
                    "berth_host_reserve_bytes 4294967296",
                ]
        )
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        var page = MetricPage.Parse(text)!;
        // Nothing that it writes is unknown to who reads it.
        Assert.Equal(text.Split('\n').Length - 2, page.Samples.Count);
        Assert.All(page.Samples, sample => Assert.Equal(MetricSource.Recorder, sample.Family.Source));
        Assert.All(
            page.Samples,
            sample => Assert.All(sample.Pairs(), pair => Assert.Contains(pair.Key, sample.Family.Labels))
        );
    }

    [Fact]
    public void Only_root_reads_them_where_there_is_no_gateway()
    {
        using var numbers = Numbers("alice");
        numbers.Tell(0, [], [], [], []);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Join(_root.Path, MetricPage.Path("recorder")))
        );
    }

    [Fact]
    public void The_gateways_group_and_nobody_else_reads_them_beside_root()
    {
        _root.Write("/etc/group", $"root:x:0:\nberth-gateway:x:{Group()}:\n");
        using var numbers = Numbers("alice");
        numbers.Tell(0, [], [], [], []);
        Assert.Empty(_said);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            File.GetUnixFileMode(Path.Join(_root.Path, MetricPage.Path("recorder")))
        );
    }

    [Fact]
    public void What_cannot_be_written_is_said_once()
    {
        _root.Write("/run/berth", "a file where a folder should be");
        using var numbers = Numbers("alice");
        for (var i = 0; i < 5; i++)
            numbers.Tell(i * 20_000L, [], [], [], []);
        Assert.Single(_said);
    }

    [Fact]
    public void Five_hundred_people_are_told_of_in_half_a_megabyte()
    {
        var users = Enumerable.Range(0, 500).Select(i => $"user{i}").ToArray();
        using var numbers = Numbers(users);
        var probes = users
            .SelectMany(user =>
                (CgroupProbe[])
                    [Probe(SurfaceKind.Server, user, 1 << 30, 2L << 30), Probe(SurfaceKind.Sessions, user, 1, 2L << 30)]
            )
            .ToList();
        numbers.Tell(
            0,
            probes,
            [],
            [],
            users.Select(user => (user, new SignedIn(Credentials.Verdict.Present, null, false)))
        );
        probes.ForEach(probe => probe.Dispose());
        Assert.InRange(new FileInfo(Path.Join(_root.Path, MetricPage.Path("recorder"))).Length, 100_000, 1 << 20);
        Assert.InRange(MetricPage.Parse(Read())!.Samples.Count, 500 * 20, 500 * 40);
    }

    private static int Group() =>
        int.Parse(
            File.ReadLines("/proc/self/status")
                .First(line => line.StartsWith("Gid:", StringComparison.Ordinal))
                .Split('\t')[1],
            System.Globalization.CultureInfo.InvariantCulture
        );
}
