using System.Text;
using Berth.Host;
using Berth.Incidents;
using Xunit;

namespace Berth.Recording;

/// <summary>The whole recorder on a folder that stands for a host.</summary>
public sealed class RecorderTests : IDisposable
{
    private const string Unit = "/sys/fs/cgroup/" + Scene.AliceUnit;
    private readonly TemporaryFolder _root = new();
    private readonly List<string> _said = [];
    private int _record = 100;

    public RecorderTests()
    {
        _root.Write("/proc/uptime", "1000.00 900.00\n");
        _root.Write("/proc/sys/kernel/random/boot_id", "11111111-2222\n");
        _root.Write("/dev/kmsg", "");
        Log("6", "booted");
        Cgroup(Unit, 100 << 20, 6L << 30);
        Cgroup(Unit + "/server", 50 << 20, null);
        Cgroup(Unit + "/agents", 50 << 20, 5L << 30);
    }

    public void Dispose() => _root.Dispose();

    private RecorderSettings Settings { get; } =
        new([new RecordedUser("alice", 1000, "/home/alice")]) { RingSegments = 2 };

    private void Log(string priority, string text) =>
        File.AppendAllText(
            Path.Join(_root.Path, "/dev/kmsg"),
            $"{priority},{_record++},{Environment.TickCount64 * 1000},-;{text}\n SUBSYSTEM=x\n"
        );

    private void Cgroup(string path, long current, long? cap)
    {
        _root.Write($"{path}/memory.current", $"{current}\n");
        _root.Write($"{path}/memory.max", cap is null ? "max\n" : $"{cap}\n");
        _root.Write($"{path}/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
        _root.Write($"{path}/cgroup.procs", "");
    }

    private void Process(int pid, int parent, string below, string cmdline, int uid = 1000)
    {
        _root.Write(
            $"/proc/{pid}/stat",
            $"{pid} (lies) S {parent} 1 1 0 -1 0 0 0 0 0 3 4 0 0 20 0 2 0 {pid} 2000 2560 0 0\n"
        );
        _root.Write($"/proc/{pid}/cmdline", cmdline);
        _root.Write($"/proc/{pid}/status", $"Name:\tlies\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n");
        _root.Write($"/proc/{pid}/cgroup", $"0::/{Scene.AliceUnit}{below}\n");
        File.AppendAllText(Path.Join(_root.Path, $"{Unit}{below}/cgroup.procs"), $"{pid}\n");
    }

    private void Killed(int pid) =>
        Log(
            "3",
            $"Memory cgroup out of memory: Killed process {pid} (sshd) total-vm:1kB, anon-rss:5242880kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:1kB oom_score_adj:0"
        );

    /// <summary>Runs the recorder until something is true.</summary>
    private async Task Until(Func<bool> done, Func<Task>? meanwhile = null)
    {
        using var stop = new CancellationTokenSource();
        var recorder = new Recorder(new HostPaths(_root.Path), Settings, TimeProvider.System, _said.Add);
        var running = recorder.RunAsync(stop.Token);
        if (meanwhile is not null)
            await meanwhile();
        while (!running.IsCompleted && !done())
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await running;
    }

    private IReadOnlyList<Incident> Incidents()
    {
        using var store = IncidentStore.Read(Path.Join(_root.Path, IncidentStore.Path));
        return store?.Find(new IncidentQuery()) ?? [];
    }

    private RingScene? Seen() =>
        File.Exists(Path.Join(_root.Path, Ring.Path)) ? Ring.At(Path.Join(_root.Path, Ring.Path), long.MaxValue) : null;

    private async Task Watched(int pid)
    {
        while (Seen()?.Processes.Any(process => process.Pid == pid) is not true)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Where_its_log_begins_is_on_disk_before_it_says_that_it_runs()
    {
        using var stop = new CancellationTokenSource();
        string? place = null;
        void Ready()
        {
            using var store = IncidentStore.Read(Path.Join(_root.Path, IncidentStore.Path));
            place = store?.Place(IncidentWriter.KernelPlace);
            stop.Cancel();
        }
        await new Recorder(new HostPaths(_root.Path), Settings, TimeProvider.System, _said.Add)
        {
            Alive = (Ready, () => { }, TimeSpan.FromMinutes(1)),
        }.RunAsync(stop.Token);
        Assert.EndsWith(" 100", place, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kill_is_told_with_its_words_its_agent_and_its_cap()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        Process(
            11,
            10,
            "/agents",
            "claude\0--session-id\03f2a\0--mcp-config\0{\"Authorization\":\"Bearer s3cret-value\"}\0".Replace(
                "\03f",
                "\0" + "3f",
                StringComparison.Ordinal
            )
        );
        // Met before its parent: who started it is known all the same.
        Process(12, 11, "/agents", "ugrep\0-o\0needle\0");
        await Until(
            () => Incidents().Count > 0,
            async () =>
            {
                await Watched(12);
                Killed(12);
            }
        );
        var incident = Assert.Single(Incidents());
        Assert.Equal(("alice", IncidentKind.OomKill), (incident.User, incident.Kind));
        Assert.Contains(
            "alice's claude (conversation 3f2a) ran `ugrep -o needle`",
            incident.Sentence,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "killed at the cap of 5 GiB; alice's server was untouched",
            incident.Sentence,
            StringComparison.Ordinal
        );
        Assert.Contains("5.0 GiB", incident.Sentence, StringComparison.Ordinal);
        // No file that the recorder keeps holds the bearer.
        foreach (var file in Directory.GetFiles(Path.Join(_root.Path, "/var/lib/berth/recorder")))
            Assert.DoesNotContain(
                "s3cret-value",
                Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
                StringComparison.Ordinal
            );
    }

    [Fact]
    public async Task What_was_killed_while_nobody_recorded_is_told_afterwards_and_only_once()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        Process(12, 10, "/agents", "hog\0--all\0");
        await Until(() => Seen()?.Processes.Count() == 2);
        Killed(12);
        Directory.Delete(Path.Join(_root.Path, "/proc/12"), recursive: true);
        File.WriteAllText(Path.Join(_root.Path, $"{Unit}/agents/cgroup.procs"), "");
        await Until(() => Incidents().Count > 0);
        Assert.Contains("`hog --all`", Assert.Single(Incidents()).Sentence, StringComparison.Ordinal);
        await Until(() => true);
        Assert.Equal(1, Assert.Single(Incidents()).Count);
    }

    [Fact]
    public async Task What_was_in_the_log_before_the_first_start_is_nobodys_incident()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        Killed(10);
        await Until(() => Seen() is not null);
        Assert.Empty(Incidents());
    }

    [Fact]
    public async Task Unreadable_vanishing_and_senseless_entries_are_passed_over()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        Process(13, 10, "/agents", "fine\0");
        _root.Write("/proc/14/stat", "nonsense");
        _root.Write("/proc/15/stat", "");
        File.AppendAllText(
            Path.Join(_root.Path, $"{Unit}/agents/cgroup.procs"),
            "14\n15\n16\n-3\nx\n99999999999999\n13"
        );
        _root.Write("/sys/fs/cgroup/user.slice/user-1000.slice/memory.current", "garbage");
        await Until(
            () => Seen()?.Processes.Count() == 2,
            () =>
            {
                // A cgroup that goes while it is looked at.
                Directory.Delete(Path.Join(_root.Path, $"{Unit}/server"), recursive: true);
                return Task.CompletedTask;
            }
        );
        Assert.All(Seen()!.Processes, process => Assert.Contains(process.Pid, (int[])[10, 13]));
    }

    [Fact]
    public async Task A_damaged_ring_is_written_over_and_a_full_disk_is_no_reason_to_stop()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        var ring = _root.Write(Ring.Path, "");
        var noise = new byte[2 * RingFormat.SegmentSize];
        new Random(7).NextBytes(noise);
        await File.WriteAllBytesAsync(ring, noise, TestContext.Current.CancellationToken);
        await Until(() => Seen()?.Processes.Count() == 1);
        Assert.DoesNotContain(_said, line => line.Contains("ring", StringComparison.Ordinal));
        // The ring's place is taken by what cannot be written: incidents go on.
        File.Delete(ring);
        Directory.CreateDirectory(ring);
        await Until(
            () => Incidents().Count > 0,
            () =>
            {
                Killed(10);
                return Task.CompletedTask;
            }
        );
        Assert.Contains(_said, line => line.Contains("samples are not kept on disk", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_is_followed_is_taken_up_as_it_changes()
    {
        Process(10, 1, "/server", "t3\0serve\0");
        var news = new Queue<RecorderSettings?>([null, Settings]);
        using var stop = new CancellationTokenSource();
        var running = new Recorder(
            new HostPaths(_root.Path),
            new RecorderSettings([]) { RingSegments = 2 },
            TimeProvider.System,
            _said.Add
        )
        {
            News = () => news.TryDequeue(out var next) ? next : null,
        }.RunAsync(stop.Token);
        await Watched(10);
        Killed(10);
        while (Incidents().Count == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await running;
        Assert.Equal("alice", Assert.Single(Incidents()).User);
        // Told to its owner as well, in a folder of root's.
        Assert.Contains(
            "berth: your `t3 serve` reached the memory cap",
            await File.ReadAllTextAsync(
                Path.Join(_root.Path, "/run/berth/receipts/alice/oom"),
                TestContext.Current.CancellationToken
            ),
            StringComparison.Ordinal
        );
    }

    /// <summary>Another program writes to the same file: what it has begun is its own to end.</summary>
    [Fact]
    public async Task What_another_program_has_begun_is_left_open()
    {
        var before = DateTimeOffset.Now - TimeSpan.FromMinutes(5);
        Incident Open(IncidentKind kind) =>
            new(0, kind, "alice", "x", before, null, before, 1, "s", "it goes on", "", []);
        using (var store = IncidentStore.Open(Path.Join(_root.Path, IncidentStore.Path), before, _said.Add))
            store.Save(
                [Open(IncidentKind.Wedge), Open(IncidentKind.CapNear)],
                new Dictionary<string, string>(StringComparer.Ordinal)
            );
        await Until(() => Incidents().Any(incident => incident.End is not null));
        Assert.Equal(
            [(IncidentKind.Wedge, true), (IncidentKind.CapNear, false)],
            Incidents().OrderBy(incident => incident.Kind).Select(incident => (incident.Kind, incident.End is null))
        );
    }
}
