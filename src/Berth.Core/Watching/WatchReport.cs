using Berth.Gateway;
using Berth.Incidents;

namespace Berth.Watching;

/// <summary>What the watchdog tells, in plain words.</summary>
public static class WatchReport
{
    /// <summary>The kinds that the watchdog writes, and nobody else.</summary>
    public static IReadOnlySet<IncidentKind> Kinds { get; } =
        new HashSet<IncidentKind>
        {
            IncidentKind.Wedge,
            IncidentKind.Restart,
            IncidentKind.CrashLoop,
            IncidentKind.Exhausted,
        };

    /// <summary>What an incident about somebody else on a server's port is about.</summary>
    public static string PortSubject(string unit) => $"{unit} port";

    /// <summary>A server that was there and did not serve.</summary>
    /// <param name="route">Whose it is and where.</param>
    /// <param name="wound">What is wrong.</param>
    /// <param name="lasted">For how long it had been so when it was acted on.</param>
    /// <param name="said">What it did when it was asked.</param>
    /// <param name="evidence">What it is known from.</param>
    public static Report Wedge(
        Route route,
        Wound wound,
        TimeSpan lasted,
        string said,
        IReadOnlyList<string> evidence
    ) =>
        new(
            wound is Wound.GivenUp ? IncidentKind.Restart : IncidentKind.Wedge,
            route.User,
            WatchConfig.Unit(route),
            $"{route.User}'s server {What(route, wound, Words.Time(lasted), said)}",
            wound is Wound.GivenUp ? "it is being started" : "it is being restarted",
            "",
            evidence
        )
        {
            Lasting = true,
        };

    private static string What(Route route, Wound wound, string lasted, string said) =>
        wound switch
        {
            Wound.ListenerGone => $"had stopped listening on {Place(route)} while its process lived on",
            Wound.Halted => $"was halted by a signal and did not answer for {lasted}",
            Wound.WrongAnswer => $"failed its ready check for {lasted}: it {said}",
            Wound.NeverReady =>
                $"was not ready {lasted} after its start{(said.Length > 0 ? $": it {said}" : ", and does not listen")}",
            Wound.GivenUp => "had ended so often that systemd gave it up",
            _ => said is "does not answer" or ""
                ? $"did not answer for {lasted}"
                : $"did not answer for {lasted}: it {said}",
        };

    /// <summary>It ended by itself, and systemd started it again.</summary>
    /// <param name="exit">How its process ended, in words.</param>
    /// <param name="cause">Why, as its log says; null when it does not say.</param>
    public static Report Ended(Route route, string? exit, string? cause, IReadOnlyList<string> evidence) =>
        new(
            IncidentKind.Restart,
            route.User,
            WatchConfig.Unit(route),
            $"{route.User}'s server ended by itself ({exit ?? "systemd does not say how"}{(cause is null ? "" : $"; {cause}")})",
            "systemd started it again",
            cause is null ? $"if that happens often: journalctl -u {WatchConfig.Unit(route)} -n 100" : "",
            evidence
        );

    /// <summary>It was restarted too often.</summary>
    public static Report Exhausted(
        Route route,
        WatchSettings settings,
        Wound wound,
        string said,
        IReadOnlyList<string> evidence
    ) =>
        new(
            IncidentKind.Exhausted,
            route.User,
            WatchConfig.Unit(route),
            $"{route.User}'s server was restarted {Words.Count(settings.Most, "time")} within {Words.Time(TimeSpan.FromMilliseconds(settings.Window))} and is wedged again: it {Now(route, wound, said)}",
            "hands are off it until it answers by itself or a person restarts it; it is tried once more in an hour",
            $"journalctl -u {WatchConfig.Unit(route)} -n 100, then systemctl restart {WatchConfig.Unit(route)} (docs/runbooks/exhausted.md)",
            evidence
        )
        {
            Lasting = true,
            Count = settings.Most,
        };

    private static string Now(Route route, Wound wound, string said) =>
        wound switch
        {
            Wound.ListenerGone => $"does not listen on {Place(route)}",
            Wound.Halted => "is halted by a signal",
            Wound.NeverReady => "never became ready",
            Wound.GivenUp => "ended, and systemd has given it up",
            _ => said,
        };

    /// <summary>It ended again and again, and was stopped.</summary>
    /// <param name="ends">How often within the window.</param>
    /// <param name="cause">Why, as its log says; null when it does not say.</param>
    public static Report Looping(
        Route route,
        WatchSettings settings,
        int ends,
        string? cause,
        IReadOnlyList<string> evidence
    ) =>
        new(
            IncidentKind.CrashLoop,
            route.User,
            WatchConfig.Unit(route),
            $"{route.User}'s server ended {Words.Count(Math.Max(1, ends), "time")} within {Words.Time(TimeSpan.FromMilliseconds(settings.Window))}"
                + (cause is null ? ", and its log does not say why in words that Berth knows" : $": {cause}"),
            cause is CrashCause.PortTaken
                ? "it was stopped; it is started as soon as its port is free"
                : "it was stopped; it is tried again in a minute, then ever more seldom, at least once an hour",
            cause switch
            {
                null => $"read its log: journalctl -u {WatchConfig.Unit(route)} -n 100",
                CrashCause.PortTaken => $"end what listens there: ss -ltnp sport = :{route.Port}",
                _ => $"remove the cause, then: systemctl start {WatchConfig.Unit(route)}",
            },
            evidence
        )
        {
            Lasting = true,
            Count = Math.Max(1, ends),
        };

    /// <summary>Somebody else listens on its port.</summary>
    /// <param name="who">Their name, or <c>uid N</c>.</param>
    public static Report Squatted(Route route, string who) =>
        new(
            IncidentKind.Wedge,
            route.User,
            PortSubject(WatchConfig.Unit(route)),
            $"a process of {who} listens on {Place(route)}, which is {route.User}'s server's: nobody is led there, and restarting would not help",
            "it goes on",
            $"end it (ss -ltnp sport = :{route.Port}); the server is then restarted by itself",
            [$"the kernel names {who} as the owner of the listener"]
        )
        {
            Lasting = true,
        };

    private static string Place(Route route) => $"{Servers.Placeholders.Authority(route.Host)}:{route.Port}";
}
