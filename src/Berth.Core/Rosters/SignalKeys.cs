using static Berth.Rosters.ValueKind;

namespace Berth.Rosters;

/// <summary>Keys of what Berth tells others, numbers and incidents, and of its watchdog.</summary>
public static class SignalKeys
{
    public static IReadOnlyList<RosterKey> Metrics { get; } =
    [
        new(
            "readers",
            Words,
            "[root, prometheus]",
            "[prometheus]",
            "Accounts of this host whose programs may read /metrics over loopback without signing in; [] for none."
        ),
        new(
            "token-file",
            Text,
            "",
            "/etc/berth/metrics.token",
            "Absolute path of a file with a secret, owned by root: whoever sends it as a bearer token may read /metrics from anywhere."
        ),
        new(
            "otlp",
            Text,
            "",
            "http://127.0.0.1:4318",
            "Where the numbers are sent once a minute as OpenTelemetry (OTLP over HTTP); https, or http for loopback."
        ),
    ];

    public static IReadOnlyList<RosterKey> Hook { get; } =
    [
        new(
            "exec",
            Words,
            "",
            "[/usr/local/bin/page, --urgent]",
            "Program to run for each incident, which is its standard input; as a user that owns nothing, for at most a minute."
        ),
        new("webhook", Text, "", "https://ntfy.example/berth", "URL to post each incident to."),
        new(
            "webhook-file",
            Text,
            "",
            "/etc/berth/hooks/ops.url",
            "Absolute path of a file with that URL, owned by root: for a URL that is a secret."
        ),
        new(
            "header-file",
            Text,
            "",
            "/etc/berth/hooks/ops.header",
            "Absolute path of a file with one more header, NAME: VALUE, owned by root."
        ),
        new("kinds", Words, "all", "[stall, exhausted]", "Tell of these kinds of incident only: docs/hooks.md."),
        new(
            "format",
            Text,
            "json",
            "slack",
            "json: all of it, for a program. text: a few lines, for ntfy or a mail. slack: for Slack and Mattermost."
        )
        {
            Choices = ["json", "text", "slack"],
        },
    ];

    public static IReadOnlyList<RosterKey> Watchdog { get; } =
    [
        new(
            "restarts",
            Number,
            "3",
            "5",
            "Most restarts of one wedged server within the window; then hands off, and a person is asked."
        )
        {
            Range = (1, 20),
        },
        new("minutes", Number, "10", "30", "The window, in minutes.") { Range = (1, 1440) },
    ];
}
