using System.Globalization;
using Berth.Containment;
using Berth.Host;
using Berth.Planning;

namespace Berth.Drilling;

/// <summary>Too much memory, in its shapes.</summary>
internal static class MemoryFaults
{
    private const long Mebibyte = 1 << 20;

    public static FaultSight Hog(DrillScene scene, Scenario scenario)
    {
        var session = scenario.Shape is "session";
        var tools = Surfaces.Tools(scene.Victim);
        var surface = session ? scene.Victim.Slice : tools;
        var cap = Expected(scene, session, tools);
        using var memory = new MemoryCurve(surface);
        var to = scenario.Shape is "plateau"
            ? Math.Max(8 * Mebibyte, (cap * 9 / 10) - (Surfaces.Number(tools, "memory.current") ?? 0))
            : More(cap);
        List<string> words = ["hog", "--to", Number(to), "--seconds", Number(scenario.Seconds)];
        if (scenario.Shape is "slow")
            words.AddRange(["--rate", Number(Math.Max(4 * Mebibyte, to / 4))]);
        if (scenario.Shape is "renamed")
            words.AddRange(["--name", "sshd"]);
        var hog = session
            ? scene.Parts.Beside(
                SessionUnits.SliceName(scene.Victim.Account.Uid),
                scene.Victim,
                Parts.Limit,
                [.. words]
            )
            : scene.Parts.Inside(tools, scene.Victim, Parts.Limit, [.. words]);
        var plateau = scenario.Shape is "plateau";
        bool Over() => hog.Says("holds") || (hog.Pid is { } pid && scene.Killed().Any(killed => killed.Pid == pid));
        _ = DrillScene.Until(plateau ? scenario.Seconds * 2 : scenario.Seconds + 16, Over);
        List<Answer> answers = [];
        if (plateau)
        {
            answers.Add(Backstop(scene, hog));
            DrillScene.Wait(scenario.Seconds / 2.0);
        }
        // What a kill sets off comes a moment after it.
        DrillScene.Wait(1.5);
        var reached = hog.Says("holds");
        var limit = Surfaces.Cap(surface);
        scene.Parts.Stop(hog);
        return new FaultSight(
            plateau
                ? null
                : new HogFate(cap, reached ? to : Math.Min(memory.Peak(), to), reached, limit, memory.Swapped),
            hog.Pid is { } it ? new HashSet<int> { it } : new HashSet<int>(),
            answers
        );
    }

    /// <summary>Many of them, each of which alone would fit.</summary>
    public static FaultSight Small(DrillScene scene, Scenario scenario)
    {
        var tools = Surfaces.Tools(scene.Victim);
        var cap = Expected(scene, false, tools);
        const int count = 8;
        var each = Math.Max(16 * Mebibyte, More(cap) / count);
        using var memory = new MemoryCurve(tools);
        var hogs = Enumerable
            .Range(0, count)
            .Select(_ =>
                scene.Parts.Inside(
                    tools,
                    scene.Victim,
                    Parts.Limit,
                    "hog",
                    "--to",
                    Number(each),
                    "--seconds",
                    Number(scenario.Seconds)
                )
            )
            .ToList();
        HashSet<int> Pids() => [.. hogs.Select(hog => hog.Pid).OfType<int>()];
        _ = DrillScene.Until(scenario.Seconds + 10, () => scene.Killed().Any(killed => Pids().Contains(killed.Pid)));
        DrillScene.Wait(scenario.Seconds / 2.0);
        // Who is killed may have had all it wanted itself: it is the sum that must not fit.
        var reached =
            hogs.TrueForAll(hog => hog.Says("holds")) && !scene.Killed().Any(killed => Pids().Contains(killed.Pid));
        var limit = Surfaces.Cap(tools);
        scene.Parts.Stop(hogs);
        return new FaultSight(new HogFate(cap, memory.Peak(), reached, limit, memory.Swapped), Pids(), []);
    }

    /// <summary>The cap that the roster gives: for the drill's own people it is known, whatever the host says.</summary>
    public static long Expected(DrillScene scene, bool session, string tools)
    {
        if (scene.Full)
            return Surfaces.Cap(tools)
                ?? throw new DrillException(
                    $"{tools} has no cap: a hog of full scale would take the box; 'berth doctor'"
                );
        if (session)
            return DrillPeople.SessionCap;
        return tools.EndsWith($"/{AgentCgroup.Agents}", StringComparison.Ordinal)
            ? AgentCgroup.Cap(DrillPeople.ServerCap)
            : DrillPeople.ServerCap;
    }

    /// <summary>More than the cap, and not much more: where there is none, the box must stand it.</summary>
    public static long More(long cap) => cap + Math.Max(32 * Mebibyte, cap / 8);

    /// <summary>Asks earlyoom, with the arguments that it runs with, whom it would end now.</summary>
    private static Answer Backstop(DrillScene scene, Part hog)
    {
        const Check check = Check.BackstopTakesTheBiggest;
        var pid = scene.MainPid(Containment.Backstop.Service);
        if (pid == 0)
            return scene.Roster.Host.Backstop && File.Exists("/usr/bin/earlyoom")
                ? new Answer(
                    check,
                    false,
                    "off",
                    "earlyoom does not run: there is nothing behind the caps (systemctl status earlyoom)"
                )
                : new Answer(check, true, scene.Roster.Host.Backstop ? "not installed" : "off by roster", "");
        if (hog.Pid is not { } big || Rss(big) is not { } rss)
            return new Answer(check, null, "", "there was no hog to compare with");
        var running = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var asked = new ProcessRunner(TimeSpan.FromSeconds(4)).Run(
            "timeout",
            ["--signal=KILL", "2", "/usr/bin/earlyoom", .. BackstopQuestion.Arguments(running[1..])]
        );
        if (BackstopQuestion.Choice(asked.Stdout + asked.Stderr) is not { } choice)
            return new Answer(check, null, "", $"earlyoom did not say whom it would end: {asked.Said}");
        var figure = $"{choice.Name}, {Incidents.Words.Memory(choice.Rss)}";
        return choice.Pid == big || choice.Rss >= rss
            ? new Answer(check, true, figure, "")
            : new Answer(
                check,
                false,
                figure,
                $"earlyoom would end {choice.Name} (pid {choice.Pid}, {Incidents.Words.Memory(choice.Rss)}) while the hog holds {Incidents.Words.Memory(rss)}: its arguments prefer by name ({string.Join(' ', running[1..])})"
            );
    }

    private static long? Rss(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/status")
                .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10)
                .FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
