using System.CommandLine;
using Berth.Doctoring;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Commands;

/// <summary><c>berth doctor</c>: what is wrong with a host, before it goes wrong. Reads, and changes nothing.</summary>
public static class DoctorCommand
{
    private static readonly Option<string?> s_bundle = new("--bundle")
    {
        Description = "Look at a bundle of 'berth doctor snapshot' instead of this host",
        HelpName = "FILE",
    };

    private static readonly Option<string?> s_baseline = new("--baseline")
    {
        Description = "Findings that are accepted: a code and a subject on each line",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_accept = new("--accept")
    {
        Description = "Write what is found now to the baseline",
    };

    private static readonly Option<bool> s_fix = new("--fix")
    {
        Description = "Set right what 'berth apply' sets right, after showing its plan and asking",
    };

    private static readonly Option<bool> s_yes = new("--yes") { Description = "With --fix: do not ask" };

    private static readonly Option<string?> s_output = new("--output", "-o")
    {
        Description = "Write the bundle there instead of to the terminal",
        HelpName = "FILE",
    };

    /// <summary>More than the largest host comes to; in bytes.</summary>
    private const int LargestBundle = 64 << 20;

    public static Command Create()
    {
        var snapshot = new Command(
            "snapshot",
            "Write what the doctor reads as one file, without names of people and hosts, to send or to keep"
        )
        {
            s_output,
        };
        snapshot.SetAction(Snapshot);
        var command = new Command("doctor", "Find what is wrong with this host before it goes wrong; changes nothing")
        {
            s_bundle,
            s_baseline,
            s_accept,
            s_fix,
            s_yes,
            snapshot,
        };
        command.SetAction(Run);
        return command;
    }

    /// <summary>Exit code of a diagnosis.</summary>
    public static int Judge(Diagnosis diagnosis) =>
        diagnosis.Worst switch
        {
            null or Severity.Info => ExitCodes.Ok,
            Severity.Warning => ExitCodes.Warnings,
            _ => ExitCodes.Failed,
        };

    private static int Run(ParseResult parse)
    {
        var (bundle, baselineFile) = (parse.GetValue(s_bundle), parse.GetValue(s_baseline));
        if (Wrong(parse, bundle, baselineFile) is { } wrong)
        {
            Console.Error.WriteLine($"berth: {wrong}");
            return ExitCodes.Usage;
        }
        var baseline = Baseline.None;
        if (baselineFile is not null && !parse.GetValue(s_accept) && !ReadBaseline(baselineFile, out baseline))
            return ExitCodes.Failed;
        var snapshot = bundle is null ? Look(parse) : Open(bundle);
        if (snapshot is null)
            return ExitCodes.Failed;
        var diagnosis = Diagnosis.Of(snapshot, baseline);
        if (parse.GetValue(s_accept))
            return Accept(baselineFile!, diagnosis);
        Console.Out.Write(
            parse.GetValue(Shared.Json)
                ? DoctorJson.Render(diagnosis) + "\n"
                : DoctorText.Render(diagnosis, Terminal.Width)
        );
        return parse.GetValue(s_fix)
            ? DoctorFix.Run(
                parse,
                diagnosis,
                parse.GetValue(s_yes),
                () => Look(parse) is { } after ? Diagnosis.Of(after, baseline) : null
            )
            : Judge(diagnosis);
    }

    private static int Snapshot(ParseResult parse)
    {
        Option[] others = [s_bundle, s_baseline, s_accept, s_fix, s_yes];
        if (Array.Find(others, option => parse.GetResult(option) is { Implicit: false }) is { } other)
        {
            Console.Error.WriteLine(
                $"berth: {other.Name} is for 'berth doctor'; 'berth doctor snapshot' only reads this host"
            );
            return ExitCodes.Usage;
        }
        if (Look(parse) is not { } snapshot)
            return ExitCodes.Failed;
        var text = SnapshotJson.Write(Anonymous.Of(snapshot)) + "\n";
        if (parse.GetValue(s_output) is not { } file)
        {
            Console.Out.Write(text);
            return ExitCodes.Ok;
        }
        if (!Written(file, text))
            return ExitCodes.Failed;
        Console.Out.WriteLine($"Wrote {file}. Read it before you send it; next: berth doctor --bundle {file}");
        return ExitCodes.Ok;
    }

    private static string? Wrong(ParseResult parse, string? bundle, string? baseline) =>
        bundle is not null && parse.GetValue(s_fix)
            ? "--fix changes this host, and a bundle is of another; leave one of them out"
        : parse.GetValue(Shared.Json) && parse.GetValue(s_fix)
            ? "--fix shows a plan to a person; for programs: berth apply --json, then berth doctor --json"
        : parse.GetValue(s_accept) && baseline is null ? "--accept needs to know where: add --baseline FILE"
        : parse.GetValue(s_accept) && parse.GetValue(s_fix)
            ? "--accept and --fix do not go together; leave one of them out"
        : parse.GetValue(s_yes) && !parse.GetValue(s_fix) ? "--yes answers what --fix asks: add --fix, or leave it out"
        : null;

    private static HostSnapshot? Look(ParseResult parse)
    {
        var file = parse.GetValue(Shared.RosterFile) ?? Shared.DefaultRoster;
        Roster? roster = null;
        string? complaint = null;
        // Most hosts have none, and the doctor is for them too.
        if (File.Exists(file) || file is not Shared.DefaultRoster)
        {
            var reading = RosterFiles.Load(file);
            roster = reading.Roster;
            if (roster is null && file is not Shared.DefaultRoster)
            {
                foreach (var problem in reading.Problems)
                    Console.Error.WriteLine(problem);
                return null;
            }
            complaint = roster is null ? $"{reading.Problems[0]}; looked without it ('berth check' tells all)" : null;
        }
        return new SnapshotReader(HostPaths.Live, SnapshotReader.Patience).Read(roster, complaint);
    }

    private static HostSnapshot? Open(string bundle)
    {
        var problems = new List<Problem>();
        if (RosterFiles.Read(bundle, problems, LargestBundle) is not { } text)
        {
            Console.Error.WriteLine(
                $"berth: {bundle}: {problems[0].Message}; 'berth doctor snapshot --output FILE' writes one"
            );
            return null;
        }
        if (SnapshotJson.Read(text.Text, out var snapshot) is not { } complaint)
            return snapshot;
        Console.Error.WriteLine($"berth: {bundle}: {complaint}");
        return null;
    }

    private static bool ReadBaseline(string file, out Baseline baseline)
    {
        baseline = Baseline.None;
        var problems = new List<Problem>();
        if (RosterFiles.Read(file, problems) is { } text)
            baseline = Baseline.Read(file, text.Text, problems);
        else
            problems[0] = problems[0] with
            {
                Hint =
                    File.Exists(file) || Directory.Exists(file)
                        ? "name the file that '--accept' wrote"
                        : $"'berth doctor --baseline {file} --accept' writes one",
            };
        foreach (var problem in problems)
            Console.Error.WriteLine(problem);
        return problems.Count == 0;
    }

    private static int Accept(string file, Diagnosis diagnosis)
    {
        if (!Written(file, Baseline.Write(diagnosis.Open)))
            return ExitCodes.Failed;
        Console.Out.WriteLine(
            $"Wrote {file}: {(diagnosis.Open.Count == 1 ? "1 finding is" : $"{diagnosis.Open.Count} findings are")} accepted. Next: berth doctor --baseline {file}"
        );
        return ExitCodes.Ok;
    }

    private static bool Written(string file, string text)
    {
        try
        {
            var path = Path.GetFullPath(file);
            if (Native.StatPath(path, out var stat) && !stat.IsFile)
            {
                Console.Error.WriteLine(
                    $"berth: {file} is {(stat.IsFolder ? "a folder" : stat.IsLink ? "a link" : "no plain file")}, and is not written through; name another place"
                );
                return false;
            }
            new Files(HostPaths.Live).WriteFor(path, text);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"berth: {file} cannot be written ({refused.Message.TrimEnd('.')}); name another place"
            );
            return false;
        }
    }
}
