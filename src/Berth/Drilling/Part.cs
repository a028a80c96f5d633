using System.Globalization;
using Berth.Commands;
using Berth.Host;
using Berth.Planning;

namespace Berth.Drilling;

/// <summary>A program that a drill has started, and what it says. It runs as a transient unit with a time limit: systemd ends
/// it whatever becomes of the drill. It speaks into a file that systemd opened in a folder of root's.</summary>
/// <param name="Unit">Its unit.</param>
/// <param name="Output">Where it speaks.</param>
internal sealed record Part(string Unit, string Output)
{
    public IEnumerable<string> Lines()
    {
        try
        {
            // The last line may be half a line.
            var text = File.ReadAllText(Output);
            return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Its pid; null while it has not begun.</summary>
    public int? Pid =>
        Lines().FirstOrDefault(line => line.StartsWith("pid ", StringComparison.Ordinal)) is { } line
            ? int.Parse(line.AsSpan(4), CultureInfo.InvariantCulture)
            : null;

    public bool Says(string word) => Lines().Any(line => line.StartsWith(word, StringComparison.Ordinal));
}

/// <summary>Starts a drill's parts.</summary>
/// <param name="program">Where berth is.</param>
/// <param name="folder">Root's folder for what they say.</param>
internal sealed class Parts(string program, string folder, ProcessRunner run)
{
    public const string Prefix = "berth-drill-";

    /// <summary>So long a part may run, in seconds, whatever becomes of the drill.</summary>
    public const int Limit = 300;

    /// <summary>The same for what is there for the whole of a run.</summary>
    public const int Longest = 900;

    /// <summary>Enters the cgroup while it is still root, then becomes the person and begins anew: the moment before, it is
    /// nobody's program.</summary>
    private const string Enter =
        "echo $$ >\"$1/cgroup.procs\" && u=$2 g=$3 && shift 3 && exec setpriv --reuid=\"$u\" --regid=\"$g\" --clear-groups --no-new-privs \"$@\"";

    private int _count;

    /// <summary>Starts a part inside of a person's surface, as a tool of theirs.</summary>
    /// <param name="cgroup">The surface's cgroup.</param>
    /// <param name="seconds">systemd ends it after so long.</param>
    /// <param name="words">What follows <c>berth drill-part</c>.</param>
    /// <exception cref="DrillException">It did not start.</exception>
    public Part Inside(string cgroup, Target who, int seconds, params IReadOnlyList<string> words) =>
        Start(
            seconds,
            [],
            [
                "/bin/sh",
                "-c",
                Enter,
                "sh",
                cgroup,
                Number(who.Account.Uid),
                who.Account.PrimaryGroup,
                program,
                DrillPartCommand.Name,
                .. words,
            ]
        );

    /// <summary>Starts a part as a person's, in a unit of its own.</summary>
    /// <param name="slice">The slice it runs in; null for the system's.</param>
    public Part Beside(string? slice, Target who, int seconds, params IReadOnlyList<string> words) =>
        Start(
            seconds,
            [$"--uid={who.Account.Uid}", .. slice is null ? (string[])[] : [$"--slice={slice}"]],
            [program, DrillPartCommand.Name, .. words]
        );

    /// <summary>Runs a command as a person to its end.</summary>
    public ProcessOutcome As(Target who, params IReadOnlyList<string> words) =>
        run.Run(
            "systemd-run",
            [
                "--quiet",
                "--collect",
                "--wait",
                "--pipe",
                $"--unit={Name()}",
                "--description=A part of a drill of Berth's",
                $"--uid={who.Account.Uid}",
                "--property=RuntimeMaxSec=30",
                $"--working-directory={who.Account.Home}",
                $"--setenv=HOME={who.Account.Home}",
                .. words.Select(CommandWord.Literal),
            ]
        );

    /// <summary>Ends every part.</summary>
    public static void StopAll(ProcessRunner run)
    {
        _ = run.Run("systemctl", "stop", $"{Prefix}*.service");
        _ = run.Run("systemctl", "reset-failed", $"{Prefix}*.service");
    }

    public void Stop(params IEnumerable<Part> parts)
    {
        if (parts.Select(part => part.Unit).ToArray() is { Length: > 0 } units)
            _ = run.Run("systemctl", ["stop", .. units]);
    }

    private Part Start(int seconds, IReadOnlyList<string> options, IReadOnlyList<string> command)
    {
        var name = Name();
        var output = Path.Join(folder, name);
        var started = run.Run(
            "systemd-run",
            [
                "--quiet",
                "--collect",
                $"--unit={name}",
                "--description=A part of a drill of Berth's",
                $"--property=RuntimeMaxSec={seconds}",
                "--property=TimeoutStopSec=5",
                "--property=SendSIGKILL=yes",
                $"--property=StandardOutput=append:{output}",
                "--property=StandardError=null",
                .. options,
                .. command.Select(CommandWord.Literal),
            ]
        );
        if (!started.Ok)
            throw new DrillException($"a part of the drill did not start: {started.Said}");
        return new Part($"{name}.service", output);
    }

    private string Name() => $"{Prefix}{Interlocked.Increment(ref _count)}";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A drill cannot go on; the message says why, for a person.</summary>
public sealed class DrillException(string message) : Exception(message);
