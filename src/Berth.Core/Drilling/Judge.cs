using System.Globalization;
using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>Observations in, verdicts out: one for each check that the scenario declares. Pure.</summary>
public static class Judge
{
    /// <summary>The longest time that a person may wait for their server while something dies beside it, in milliseconds.
    /// On a box that is slow by itself, what it took while all was quiet comes on top.</summary>
    public const double Bar = 500;

    /// <summary>Who was looked at for less than this, in milliseconds, without what the machine stood still, cannot be
    /// judged.</summary>
    public const double Enough = 1000;

    /// <summary>A surface may be over its cap by what the kernel counts late: a batch for each processor.</summary>
    private const long Slack = 8L << 20;

    public static IReadOnlyList<Verdict> Of(Scenario scenario, Observation seen) =>
        [.. scenario.Checks.Select(check => One(scenario, check, seen))];

    /// <summary>What a check says, and whose promise it is.</summary>
    public static (Promise Promise, string Says) Meaning(Check check) =>
        check switch
        {
            Check.DiesAtCap => (Promise.Contained, "the runaway dies at its cap"),
            Check.ServerLives => (Promise.Contained, "its server lives on"),
            Check.ServerAnswers => (Promise.Contained, "its server keeps answering"),
            Check.AgentsLive => (Promise.Contained, "its owner's other agents live on"),
            Check.OthersAnswer => (Promise.Contained, "other people notice nothing"),
            Check.NobodyElseDies => (Promise.Contained, "nobody else is killed"),
            Check.NothingSwapped => (Promise.Contained, "nothing is swapped out"),
            Check.BackstopTakesTheBiggest => (Promise.Contained, "earlyoom would end nobody smaller"),
            Check.TasksRefused => (Promise.Contained, "tasks over the cap are refused"),
            Check.OthersStart => (Promise.Contained, "other people can start programs"),
            Check.RestartedInTime => (Promise.Up, "the server is restarted within 30 s"),
            Check.ServicesBack => (Promise.Up, "Berth's services come back"),
            Check.FilesWhole => (Promise.SignedIn, "the login stays whole"),
            Check.LoginRestored => (Promise.SignedIn, "the login is restored"),
            Check.SiblingsKept => (Promise.SignedIn, "what is beside the login stays"),
            Check.TokenKept => (Promise.SignedIn, "an unreadable store takes no token away"),
            Check.TokenWithdrawn => (Promise.SignedIn, "a token that is gone is withdrawn"),
            Check.FenceHolds => (Promise.Private, "nobody else connects to the server"),
            Check.GatewayGivesNothing => (Promise.Private, "a squatter gets nothing from the gateway"),
            Check.SecretStays => (Promise.Private, "another's secret does not arrive"),
            Check.Told => (Promise.Explained, "the incident is told"),
            _ => throw new ArgumentOutOfRangeException(nameof(check), check, "no meaning"),
        };

    private static Verdict One(Scenario scenario, Check check, Observation seen)
    {
        var answer = check switch
        {
            Check.DiesAtCap => DiesAtCap(seen),
            Check.NothingSwapped => Swapped(seen),
            Check.ServerLives => ServerLives(seen.Server),
            Check.ServerAnswers => Gap(check, seen, Role.Victim, "its server", BandWords(seen.Server)),
            Check.AgentsLive => AgentsLive(seen),
            Check.OthersAnswer => Gap(check, seen, Role.Other, "another's server", ""),
            Check.NobodyElseDies => NobodyElseDies(scenario, seen),
            Check.Told => Told(scenario, seen.Telling),
            _ => seen.Answers.FirstOrDefault(answer => answer.Check == check)
                ?? new Answer(check, null, "", "it was not looked at"),
        };
        var (promise, says) = Meaning(check);
        var outcome = answer.Held switch
        {
            true => Outcome.Pass,
            false => Outcome.Fail,
            null => Outcome.Refused,
        };
        return new Verdict(promise, check, outcome, says, answer.Figure, answer.Held is true ? "" : answer.Words);
    }

    private static Answer DiesAtCap(Observation seen)
    {
        if (seen.Hog is not { } hog)
            return new Answer(Check.DiesAtCap, null, "", "there was no hog");
        var figure = $"{Words.Memory(hog.Peak)} of {Words.Cap(hog.Cap)}";
        if (seen.Killed.Any(killed => killed.Ours && !killed.AtCap))
            return new Answer(
                Check.DiesAtCap,
                false,
                figure,
                "it was killed because the whole machine ran out of memory, before any cap was reached"
            );
        var died = seen.Killed.Any(killed => killed.Ours);
        if (died && !hog.Reached && hog.Peak <= hog.Cap + Slack)
            return new Answer(Check.DiesAtCap, true, figure, "");
        var limit = hog.Limit is { } bytes ? $"memory.max is {Words.Cap(bytes)}" : "memory.max is max: there is no cap";
        var swap = hog.Swapped > 0 ? $", {Words.Memory(hog.Swapped)} of it in swap" : "";
        return new Answer(
            Check.DiesAtCap,
            false,
            figure,
            hog.Reached || hog.Peak > hog.Cap + Slack
                ? $"it got more than the cap of {Words.Cap(hog.Cap)} and nothing ended it{swap}: {limit}"
                : $"nothing ended it, and it did not get on{swap}: {limit}{Band(seen.Server)}"
        );
    }

    private static Answer Swapped(Observation seen) =>
        seen.Hog is not { } hog ? new Answer(Check.NothingSwapped, null, "", "there was no hog")
        : hog.Swapped == 0 ? new Answer(Check.NothingSwapped, true, "0 KiB", "")
        : new Answer(
            Check.NothingSwapped,
            false,
            Words.Memory(hog.Swapped),
            "a runaway that swaps holds up the whole box: memory.swap.max of its surface is not 0"
        );

    private static Answer ServerLives(ServerRun server)
    {
        if (server.Same)
            return new Answer(Check.ServerLives, true, $"pid {server.After.Pid}", "");
        var stopped = server.OomPolicy is "stop" or "kill" || server.Result is "oom-kill";
        return new Answer(
            Check.ServerLives,
            false,
            server.After.Pid == 0 ? "gone" : $"pid {server.Before.Pid}, now {server.After.Pid}",
            stopped
                ? $"systemd ended the whole server because one child was killed: OOMPolicy={server.OomPolicy}"
                : $"the server ended (result {server.Result})"
        );
    }

    private static Answer Gap(Check check, Observation seen, Role role, string who, string why)
    {
        var tracks = seen.Tracks.Where(track => track.Role == role).ToList();
        if (tracks.Count == 0)
            return new Answer(check, null, "", $"there was nobody to ask: {who}");
        if (seen.Looked - seen.Still < Enough)
            return new Answer(
                check,
                null,
                "",
                $"this whole machine stood still for {Milliseconds(seen.Still)} of {Milliseconds(seen.Looked)}: drill again"
            );
        var worst = tracks.MaxBy(Over)!;
        var figure = $"gap {Milliseconds(worst.Loud.Held)}";
        return Over(worst) <= 0
            ? new Answer(check, true, figure, "")
            : new Answer(
                check,
                false,
                figure,
                $"{worst.Name} gave no answer for {Milliseconds(worst.Loud.Held)}; the bar is {Milliseconds(Bar + worst.Quiet)}{why}"
            );
    }

    private static double Over(Track track) => track.Loud.Held - Bar - track.Quiet;

    private static Answer AgentsLive(Observation seen)
    {
        if (seen.AgentsGone.Count == 0)
            return Gap(Check.AgentsLive, seen, Role.Agent, "an agent", BandWords(seen.Server));
        return new Answer(
            Check.AgentsLive,
            false,
            $"{seen.AgentsGone.Count} gone",
            $"{string.Join(", ", seen.AgentsGone)} died with it"
        );
    }

    private static Answer NobodyElseDies(Scenario scenario, Observation seen)
    {
        var wrong = seen
            .Killed.Where(killed => !killed.Ours || scenario.Expected is Deaths.None)
            .Select(killed => $"{killed.Name} ({killed.Pid})")
            .Concat(seen.AgentsGone)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var ours = seen.Killed.Count(killed => killed.Ours);
        if (wrong.Count == 0 && seen.Unread > 0)
            return new Answer(
                Check.NobodyElseDies,
                null,
                "",
                $"the kernel's log was overwritten before it was read ({Words.Count(seen.Unread, "line")}): drill again"
            );
        return wrong.Count == 0
            ? new Answer(
                Check.NobodyElseDies,
                true,
                scenario.Expected is Deaths.None ? "0 kills" : $"{ours} expected",
                ""
            )
            : new Answer(
                Check.NobodyElseDies,
                false,
                Words.Count(wrong.Count, "other"),
                $"the wrong process died: {string.Join(", ", wrong)}"
            );
    }

    private static Answer Told(Scenario scenario, Telling telling)
    {
        var kind = scenario.Incident is { } expected ? Incident.Name(expected) : "";
        if (telling.Times == 0)
            return new Answer(
                Check.Told,
                false,
                "none",
                $"no incident {kind} was told: systemctl status berth-recorder berth-watchdog"
            );
        if (scenario.Incident is IncidentKind.ForkStorm && telling.Times > 1)
            return new Answer(Check.Told, false, $"{telling.Times}", "one fault was told more than once");
        return telling.NamesIt
            ? new Answer(Check.Told, true, kind, "")
            : new Answer(Check.Told, false, kind, $"it does not say what ran: {telling.Sentence}");
    }

    private static string BandWords(ServerRun server) => Band(server) is { Length: > 0 } band ? band : "";

    /// <summary>Where a soft band held somebody up, that is said with every gap.</summary>
    private static string Band(ServerRun server) =>
        server is not { High: { } high } ? ""
        // A server that was restarted has begun to count anew.
        : server.Slowed > 0
            ? $"; memory.high is {Words.Cap(high)}, and tasks were slowed down there {Words.Count(server.Slowed, "time")}: a soft band"
        : $"; memory.high is {Words.Cap(high)}: a soft band";

    private static string Milliseconds(double value) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, value):#,0} ms");
}
