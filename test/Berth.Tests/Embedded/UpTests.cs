using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Berth.Embedded;

/// <summary>The embedded engine with real processes: shells in the place of agent servers.</summary>
public sealed class UpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-up-").FullName;
    private readonly string _mark = $"86400.{Random.Shared.Next(100_000, 999_999)}";
    private readonly List<string> _events = [];
    private Process? _up;

    public void Dispose()
    {
        _up?.Kill(entireProcessTree: true);
        _up?.Dispose();
        foreach (var pid in Marked())
            Process.GetProcessById(pid).Kill();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_server_that_fails_is_started_again_and_one_that_ends_cleanly_is_not()
    {
        Up(("alice", "echo run >>$HOME/runs; exit 3"), ("bob", "echo run >>$HOME/runs; exit 0"));
        Until(() => Lines("alice", "runs") >= 2 && Said("stopped", "bob"), "alice's second start");
        Assert.True(Said("failed", "alice"));
        Assert.Equal(1, Lines("bob", "runs"));
    }

    [Fact]
    public void Killed_outright_berth_leaves_nothing_running_not_even_what_has_a_session_of_its_own()
    {
        Up(("alice", $"setsid sleep {_mark} & setsid sh -c 'sleep {_mark} & sleep {_mark}' & sleep {_mark}"));
        Until(() => Marked().Count >= 4, "the tree");
        _up!.Kill();
        Until(() => Marked().Count == 0, "the end of every process");
    }

    [Fact]
    public void Without_the_hold_the_same_tree_outlives_its_parent()
    {
        using var shell = Process.Start("sh", ["-c", $"setsid sleep {_mark} & sleep {_mark}"]);
        Until(() => Marked().Count >= 2, "the tree");
        shell.Kill();
        shell.WaitForExit();
        Assert.NotEmpty(Marked());
    }

    [Fact]
    public void When_a_hold_is_killed_its_orphans_go_and_the_server_comes_back()
    {
        Up(("alice", $"echo run >>$HOME/runs; setsid sleep {_mark} & sleep {_mark}"));
        Until(() => Marked().Count == 2, "the tree");
        var first = Marked();
        Process.GetProcessById(Holds().Single()).Kill();
        Until(
            () => Lines("alice", "runs") == 2 && Marked().Count == 2 && !Marked().Intersect(first).Any(),
            "a fresh tree in the place of the old one"
        );
    }

    [Fact]
    public void Asked_to_end_it_stops_everything_and_exits_with_zero()
    {
        Up(("alice", $"trap 'echo bye >$HOME/bye; exit 0' TERM; setsid sleep {_mark} & sleep {_mark} & wait"));
        Until(() => Marked().Count == 2, "the tree");
        Assert.Equal(0, Native("kill", "-TERM", _up!.Id.ToString()));
        Assert.True(_up.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, _up.ExitCode);
        Assert.Equal(1, Lines("alice", "bye"));
        Assert.Empty(Marked());
    }

    [Fact]
    public void A_hog_over_the_cap_is_killed_and_its_server_goes_on()
    {
        Up(
            memory: "150M",
            ("alice", $"(head -c 400M /dev/zero | tail -c 900M | sleep {_mark}); echo gone >$HOME/gone; sleep {_mark}")
        );
        Until(() => Said("killed", "alice"), "the kill");
        Assert.False(Said("failed", "alice"));
        Assert.NotEmpty(Marked());
    }

    [Fact]
    public void Below_the_cap_the_same_hog_lives()
    {
        Up(memory: "4G", ("alice", $"head -c 400M /dev/zero | tail -c 900M | sleep {_mark}"));
        Until(() => Process.GetProcessesByName("tail").Any(tail => tail.WorkingSet64 > 390L << 20), "a full-grown hog");
        // The guard has looked several times by now: it looks every second.
        Thread.Sleep(3000);
        Assert.False(Said("killed", "alice"));
    }

    [Fact]
    public void A_person_gets_a_home_of_their_own_and_nothing_of_the_invokers_secrets()
    {
        Up(("alice", $"env >$HOME/env.new; mv $HOME/env.new $HOME/env; echo 'Token: s3cret'; sleep {_mark}"));
        Until(
            () =>
                Lines("alice", "env") > 0
                && File.ReadAllText(Of("alice", "server.log")).Contains("Token:", StringComparison.Ordinal),
            "the environment and the log"
        );
        var environment = File.ReadAllText(Of("alice", "home/env"));
        Assert.DoesNotContain("leak", environment, StringComparison.Ordinal);
        Assert.Contains($"HOME={Of("alice", "home")}\n", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", File.ReadAllText(Of("alice", "server.log")), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Of("alice", "server.log")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Of("alice", "home"))
        );
    }

    private void Up(params (string User, string Script)[] people) => Up("1G", people);

    private void Up(string memory, params (string User, string Script)[] people)
    {
        var roster = Path.Join(_folder, "roster.yaml");
        // Below the ports that the kernel gives to whoever asks, and more than one for each: some are free.
        var port = 10_000 + (100 * Random.Shared.Next(200));
        File.WriteAllText(
            roster,
            "servers:\n"
                + string.Concat(
                    people.Select(
                        (one, at) =>
                            $"  s{at}:\n    preset: custom\n    ports: {port + (20 * at)}-{port + (20 * at) + 19}\n    command: [sh, -c, {JsonSerializer.Serialize(one.Script)}]\n"
                    )
                )
                + $"defaults: {{memory: {memory}}}\nusers:\n"
                + string.Concat(people.Select((one, at) => $"  {one.User}: {{server: s{at}}}\n"))
        );
        var start = new ProcessStartInfo(
            Path.Join(AppContext.BaseDirectory, "berth"),
            ["up", "--json", "--roster", roster]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["XDG_STATE_HOME"] = _folder;
        start.Environment["ANTHROPIC_API_KEY"] = "leak";
        _up = Process.Start(start)!;
        _up.OutputDataReceived += (_, line) =>
        {
            lock (_events)
            {
                _events.Add(line.Data ?? "");
            }
        };
        _up.BeginOutputReadLine();
    }

    private bool Said(string name, string user)
    {
        lock (_events)
        {
            return _events.Exists(line =>
                line.StartsWith($"{{\"event\":\"{name}\",\"user\":\"{user}\"", StringComparison.Ordinal)
            );
        }
    }

    private string Of(string user, string file) => Path.Join(_folder, "berth", "users", user, file);

    private int Lines(string user, string file) =>
        File.Exists(Of(user, $"home/{file}")) ? File.ReadAllLines(Of(user, $"home/{file}")).Length : 0;

    /// <summary>Living processes whose command line is exactly our sleep.</summary>
    private List<int> Marked() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(Path.GetFileName)
                .Where(name => int.TryParse(name, out _))
                .Select(int.Parse!)
                .Where(pid => ProcessTree.Argv(pid) == $"sleep {_mark}"),
        ];

    private List<int> Holds() =>
        [.. ProcessTree.Now().ChildrenOf(_up!.Id).Where(child => child.State is not 'Z').Select(child => child.Pid)];

    private static int Native(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Waits for something that is sure to come; the bound only ends a broken run.</summary>
    private void Until(Func<bool> come, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!come())
        {
            Assert.True(
                clock.Elapsed < TimeSpan.FromSeconds(90),
                $"{what} did not come; told so far:\n{string.Join('\n', _events)}"
            );
            Thread.Sleep(50);
        }
    }
}
