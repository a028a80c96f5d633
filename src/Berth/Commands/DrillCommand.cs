using System.CommandLine;
using Berth.Drilling;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth drill</c>: makes a fault on this host, looks what it does to whom, and takes it away again. The work is
/// done in a transient unit, so that systemd cleans up whatever becomes of it.</summary>
public static class DrillCommand
{
    private const string Unit = "berth-drill.service";

    /// <summary>So long a run may take, in seconds, before systemd ends it and cleans up.</summary>
    private const int Limit = 900;

    private static readonly Argument<string[]> s_names = new("NAME")
    {
        Description = "Drills, or 'all'; none lists them",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> s_shapes = new("--shape")
    {
        Description = "A variant of it: instant, slow, plateau, renamed, session (default: every one)",
        HelpName = "SHAPE",
    };

    private static readonly Option<string?> s_user = new("--user")
    {
        Description = "Drill this person's own surface ('--scale full')",
        HelpName = "NAME",
    };

    private static readonly Option<string> s_scale = new("--scale")
    {
        Description = "small: people of the drill's own, safe on a box in use; full: a person's own surface",
        HelpName = "small|full",
        DefaultValueFactory = _ => "small",
    };

    private static readonly Option<string?> s_report = new("--report")
    {
        Description = "Write a report with curves: one HTML file that loads nothing",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_yes = new("--yes") { Description = "This person knows of it" };

    private static readonly Option<int> s_front = new("--front") { Hidden = true };

    private static readonly Option<bool> s_work = new("--work") { Hidden = true };

    public static Command Create()
    {
        var command = new Command("drill", "Make a fault on this host, safely, and judge what becomes of whom")
        {
            s_names,
            s_shapes,
            s_user,
            s_scale,
            s_report,
            s_yes,
            s_front,
            s_work,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var names = parse.GetValue(s_names) ?? [];
        var shapes = parse.GetValue(s_shapes) ?? [];
        if (names.Length == 0)
            return List(parse.GetValue(Shared.Json));
        if (names is ["clean"])
            return Clean(parse);
        var scale = parse.GetValue(s_scale);
        var scenarios = Scenarios.Find(names, shapes);
        if (scenarios.Count == 0 || scale is not ("small" or "full"))
        {
            Console.Error.WriteLine(
                scale is not ("small" or "full")
                    ? $"berth: there is no scale '{scale}': small or full"
                    : $"berth: there is no drill '{string.Join(' ', names)}'{(shapes.Length > 0 ? $" of shape '{string.Join(' ', shapes)}'" : "")}; 'berth drill' lists them"
            );
            return ExitCodes.Usage;
        }
        if (Refused() is { } refusal)
            return Fail(refusal);
        if (
            parse.GetValue(s_report) is { } report
            && Path.GetDirectoryName(Path.GetFullPath(report)) is var folder
            && !Directory.Exists(folder)
        )
            return Fail($"there is no folder {folder} for the report: make it, or name another file");
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        if (Refusals.Of(roster, parse.GetValue(s_user), scale is "full", parse.GetValue(s_yes)) is { } person)
            return Fail(person);
        return parse.GetValue(s_work) ? Work(parse, scenarios, roster) : Front(parse, names, shapes);
    }

    /// <summary>What can be told before anything is begun.</summary>
    private static string? Refused() =>
        Refusals.Of(
            new Readiness(
                Native.EffectiveUser() == 0,
                Directory.Exists("/run/systemd/system"),
                DrillHost.HasMemoryController,
                0,
                long.MaxValue,
                0,
                0,
                0
            )
        );

    /// <summary>Becomes systemd-run, which hands terminal and exit code through.</summary>
    private static int Front(ParseResult parse, string[] names, string[] shapes)
    {
        var state = ProcessRunner.Default.Run("systemctl", "is-active", Unit).Stdout.Trim();
        if (state is "active" or "activating" or "deactivating" or "reloading")
            return Fail($"another drill runs: wait for it, or end it with 'systemctl stop {Unit}'");
        _ = ProcessRunner.Default.Run("systemctl", "reset-failed", Unit);
        var program = Environment.ProcessPath ?? "berth";
        var roster = Path.GetFullPath(parse.GetValue(Shared.RosterFile)!);
        List<string?> words =
        [
            "systemd-run",
            "--quiet",
            "--collect",
            "--wait",
            "--pipe",
            $"--unit={Unit}",
            "--description=A drill of Berth's",
            $"--property=RuntimeMaxSec={Limit}",
            // It must be able to look when nothing else gets on, and is no candidate itself.
            "--property=OOMScoreAdjust=-900",
            "--property=Nice=-5",
            "--property=TimeoutStopSec=180",
            $"--property=ExecStopPost={CommandWord.Quoted(program)} drill clean --work --roster {CommandWord.Quoted(roster)}",
            $"--setenv=COLUMNS={Terminal.Width}",
            $"--setenv=SUDO_UID={Environment.GetEnvironmentVariable("SUDO_UID")}",
            $"--setenv=TZ={Environment.GetEnvironmentVariable("TZ")}",
            $"--working-directory={Environment.CurrentDirectory}",
            program,
            "drill",
            .. names,
            "--work",
            $"--front={Environment.ProcessId}",
            "--roster",
            CommandWord.Literal(roster),
            "--scale",
            parse.GetValue(s_scale)!,
            .. shapes.SelectMany(shape => Given("--shape", shape)),
            .. Given("--user", parse.GetValue(s_user)),
            .. Given("--report", parse.GetValue(s_report) is { } report ? Path.GetFullPath(report) : null),
            .. parse.GetValue(s_yes) ? (string[])["--yes"] : [],
            .. parse.GetValue(Shared.Json) ? (string[])["--json"] : [],
            null,
        ];
        _ = Native.Execute("/usr/bin/systemd-run", [.. words]);
        return Fail($"systemd-run cannot be started: {Native.ErrorMessage}");
    }

    private static string[] Given(string option, string? value) =>
        value is null ? [] : [option, CommandWord.Literal(value)];

    private static int Work(ParseResult parse, IReadOnlyList<Scenario> scenarios, Roster roster)
    {
        var json = parse.GetValue(Shared.Json);
        var order = new DrillOrder(
            scenarios,
            parse.GetValue(s_user),
            parse.GetValue(s_scale) is "full",
            parse.GetValue(s_front)
        );
        DrillRun run;
        try
        {
            run = new DrillHost(
                parse.GetValue(Shared.RosterFile)!,
                order,
                line =>
                {
                    if (json)
                        return;
                    Console.Out.WriteLine(line);
                    Console.Out.Flush();
                }
            ).Do(roster);
        }
        catch (DrillException refused)
        {
            return Fail(refused.Message);
        }
        if (json)
            Console.Out.WriteLine(DrillJson.Render(run));
        else
            Show(run, parse.GetValue(s_names) is ["all"]);
        if (parse.GetValue(s_report) is { } report)
        {
            new Files(HostPaths.Live).WriteFor(report, DrillPage.Html(run, Plot.Script, Plot.Style));
            if (!json)
                Console.Out.WriteLine($"Report: {report}");
        }
        return run.Outcome switch
        {
            Outcome.Pass => ExitCodes.Ok,
            // Something was done and held, and something could not be asked.
            Outcome.Refused when run.Results.Any(result => result.Outcome is Outcome.Pass) => ExitCodes.Warnings,
            _ => ExitCodes.Failed,
        };
    }

    private static void Show(DrillRun run, bool all)
    {
        Console.Out.WriteLine();
        Terminal.Write(DrillTable.Of(run));
        foreach (var line in DrillTable.Words(run))
            Console.Out.WriteLine(line);
        if (all)
            Console.Out.WriteLine("Not drilled: bad-update (Berth has no updates yet).");
    }

    private static int List(bool json)
    {
        if (json)
            Console.Out.WriteLine(DrillJson.Render(Scenarios.All));
        else
            Terminal.Write(DrillTable.Of(Scenarios.All));
        return ExitCodes.Ok;
    }

    /// <summary>Takes away what a drill left that was broken off.</summary>
    private static int Clean(ParseResult parse)
    {
        if (Native.EffectiveUser() != 0)
            return Fail("this takes accounts away and needs root; run it with sudo");
        if (!parse.GetValue(s_work) && ProcessRunner.Default.Run("systemctl", "is-active", "--quiet", Unit).Ok)
            return Fail($"a drill runs; end it with 'systemctl stop {Unit}', which cleans up as well");
        using var hold = HostLock.Take(HostPaths.Live, HostLock.Path, TimeSpan.FromSeconds(60));
        if (hold is null)
            return Fail("another berth is changing this host; wait for it, then run this again");
        var stage = new DrillStage(parse.GetValue(Shared.RosterFile)!, ProcessRunner.Default);
        var anything = stage.AnythingLeft();
        if (stage.Clear() is { } left)
            return Fail($"not all of the drill could be taken away: {left}");
        if (!parse.GetValue(s_work))
            Console.Out.WriteLine(anything ? "Nothing of the drill is left." : "There was nothing of a drill here.");
        return ExitCodes.Ok;
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }
}
