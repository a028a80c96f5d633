using System.Text;
using Berth.Recording;
using Xunit;

namespace Berth.Incidents;

/// <summary>Every sentence that a kill or a surface can lead to, as a reviewer reads it.</summary>
public sealed class SentenceTests
{
    private static readonly Surface s_server = new(SurfaceKind.Server, "alice", Scene.AliceUnit);
    private static readonly Surface s_sessions = new(SurfaceKind.Sessions, "alice", Scene.AliceSessions);

    private static Death Death() =>
        new(
            Scene.Noon,
            4711,
            1000,
            "2.1.205",
            6L << 30,
            "alice",
            s_server,
            $"{Scene.AliceUnit}/agents",
            ProgramFacts.Of(["ugrep", "-o", "needle", "/"], "", null),
            "claude --session-id 3f2a",
            new AgentFacts(AgentKind.Claude, 4000, "3f2a9b00-0000-4000-8000-000000000000", "~/code/shop", true),
            false,
            new Growth(10 << 20, 6L << 30, TimeSpan.FromSeconds(41)),
            $"{Scene.AliceUnit}/agents",
            6L << 30,
            new Survivors(true, 4)
        );

    [Fact]
    public void Deaths_are_told_in_plain_words()
    {
        var death = Death();
        var text = new StringBuilder();
        foreach (
            var (what, one) in new (string, Death)[]
            {
                ("a tool of an agent", death),
                ("nothing but the server is left", death with { Survivors = new Survivors(true, 0) }),
                ("the server died as well", death with { Survivors = new Survivors(false, 0) }),
                (
                    "so did the agent",
                    death with
                    {
                        Agent = death.Agent! with { Lives = false },
                        Survivors = new Survivors(true, 1),
                    }
                ),
                ("the agent itself", death with { Agent = death.Agent! with { Pid = 4711, Lives = false } }),
                ("the server itself", death with { Agent = null, IsServer = true, Survivors = new Survivors(null, 2) }),
                (
                    "in a session, without an agent",
                    death with
                    {
                        Agent = null,
                        Surface = s_sessions,
                        Survivors = new Survivors(true, 0),
                        Cap = null,
                    }
                ),
                ("never sampled", death with { Growth = null }),
                ("the whole machine", death with { CapCgroup = null, Cap = null }),
                ("nobody saw it", death with { Program = null, Agent = null, Growth = null }),
                (
                    "of the system",
                    death with
                    {
                        User = null,
                        Surface = null,
                        Agent = null,
                        CapCgroup = null,
                        Survivors = new Survivors(null, 0),
                    }
                ),
                (
                    "only counted",
                    death with
                    {
                        Pid = 0,
                        Uid = -1,
                        Name = "",
                        Program = null,
                        Agent = null,
                        Growth = null,
                        Count = 3,
                        Parent = "",
                        Cgroup = null,
                    }
                ),
            }
        )
        {
            var report = DeathText.Report(one);
            text.Append($"== {what}\n{report.Sentence}\n  {report.Outcome}\n  next: {report.NextStep}\n");
            foreach (var evidence in report.Evidence)
                text.Append($"  {evidence}\n");
        }
        text.Append($"== receipt\n{DeathText.Receipt(death)}\n");
        Golden.Matches("Incidents/golden/deaths.txt", text.ToString());
    }

    [Fact]
    public void Surfaces_in_trouble_are_told_in_plain_words()
    {
        var scene = new Scene();
        scene.Server("alice", 1000, 100);
        var hog = scene.Run(400, 100, 0, ["ugrep", "-r", "needle", "/"]);
        hog.Sizes.Add(0, 5L << 30);
        var watch = new SurfaceWatch(s_server);
        var told = new Dictionary<IncidentKind, string>();
        for (var at = 0L; at <= 60_000; at += 1000)
        {
            var sample = new SurfaceSample
            {
                Current = 6L << 30,
                Cap = 6L << 30,
                Events = new MemoryEvents(at * 10, at, 0, 0),
                Pressure = new Pressure(9000, at * 900, 8000, at * 800),
                Tasks = 4096,
                TasksCap = 4096,
                TaskEvents = new PidsEvents(at * 3),
            };
            foreach (var (report, _) in watch.Observe(sample, hog, at))
                told[report.Kind] =
                    $"{report.Sentence}\n  next: {report.NextStep}\n  {string.Join("\n  ", report.Evidence)}";
        }
        Golden.Matches(
            "Incidents/golden/surfaces.txt",
            string.Concat(
                told.OrderBy(pair => pair.Key).Select(pair => $"== {Incident.Name(pair.Key)}\n{pair.Value}\n")
            )
        );
    }
}
