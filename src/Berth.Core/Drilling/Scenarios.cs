using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>Every drill.</summary>
public static class Scenarios
{
    private const string Processes = "the hog and the agents end with the drill's own server";

    private static readonly Check[] s_hog =
    [
        Check.DiesAtCap,
        Check.ServerLives,
        Check.ServerAnswers,
        Check.AgentsLive,
        Check.OthersAnswer,
        Check.NobodyElseDies,
        Check.Told,
    ];

    public static IReadOnlyList<Scenario> All { get; } =
    [
        Hog("instant", "an agent's tool takes memory as fast as it can", 4, s_hog),
        Hog("slow", "an agent's tool takes a little more memory every moment", 6, s_hog),
        new(
            "hog",
            "plateau",
            "an agent's tool takes nine tenths of its cap and stays there: it must hold up nobody",
            Fault.Hog,
            [],
            6,
            Deaths.None,
            null,
            [
                Check.ServerLives,
                Check.ServerAnswers,
                Check.AgentsLive,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.BackstopTakesTheBiggest,
            ],
            Processes
        ),
        Hog("renamed", "an agent's tool that calls itself sshd takes memory", 4, s_hog),
        new(
            "hog",
            "session",
            "a program in the person's own session takes more than the session's cap",
            Fault.Hog,
            [Need.OwnPeople],
            4,
            Deaths.TheHog,
            IncidentKind.OomKill,
            [
                Check.DiesAtCap,
                Check.NothingSwapped,
                Check.ServerLives,
                Check.ServerAnswers,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.Told,
            ],
            "the hog's unit has a time limit"
        ),
        new(
            "small-hogs",
            null,
            "many small tools of one person want more together than the cap",
            Fault.SmallHogs,
            [],
            6,
            Deaths.OnlyHogs,
            IncidentKind.OomKill,
            [
                Check.DiesAtCap,
                Check.ServerLives,
                Check.ServerAnswers,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.Told,
            ],
            Processes
        ),
        new(
            "forkbomb",
            null,
            "a tool starts more programs than the person may have",
            Fault.ForkBomb,
            [Need.OwnPeople],
            5,
            Deaths.None,
            IncidentKind.ForkStorm,
            [
                Check.TasksRefused,
                Check.OthersStart,
                Check.ServerLives,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.Told,
            ],
            Processes
        ),
        new(
            "wedge",
            null,
            "the server is halted: its process lives, and nobody is answered",
            Fault.Wedge,
            [Need.OwnPeople],
            60,
            Deaths.None,
            IncidentKind.Wedge,
            [Check.RestartedInTime, Check.OthersAnswer, Check.NobodyElseDies, Check.Told],
            "the server is restarted, or stopped with the drill"
        ),
        new(
            "logout",
            null,
            "a login file is wiped as a refresh race wipes it (a login of the drill's own, which opens nothing)",
            Fault.Logout,
            [Need.Store, Need.OwnPeople],
            20,
            Deaths.None,
            // What is repaired within moments is no incident (CredentialWatch).
            null,
            [Check.LoginRestored, Check.SiblingsKept, Check.OthersAnswer],
            "login and copy go with the drill's account"
        ),
        new(
            "token-revoked",
            null,
            "the store cannot be read, then it has the token no more (a token of the drill's own, which opens nothing)",
            Fault.TokenRevoked,
            [Need.LocalStore, Need.OwnPeople],
            10,
            Deaths.None,
            null,
            [Check.TokenKept, Check.TokenWithdrawn, Check.OthersAnswer],
            "the entry in the store, what was delivered and what was known of it"
        ),
        new(
            "squatter",
            null,
            "another person connects to the server, takes its port while it is down, and leaves a link where it reads its environment",
            Fault.Squatter,
            [Need.OwnPeople],
            15,
            Deaths.None,
            null,
            [Check.FenceHolds, Check.GatewayGivesNothing, Check.SecretStays, Check.OthersAnswer],
            "the squatter's unit has a time limit; links and secret go with the drill's accounts"
        ),
        new(
            "bad-update",
            null,
            "an update that does not start",
            Fault.BadUpdate,
            [Need.Updates],
            0,
            Deaths.None,
            IncidentKind.Update,
            [Check.ServerAnswers],
            "nothing"
        ),
        new(
            "daemon-kill",
            null,
            "recorder, watchdog, agents' watch and daemon are killed, one after the other, while a hog grows",
            Fault.DaemonKill,
            [],
            8,
            Deaths.TheHog,
            IncidentKind.OomKill,
            [
                Check.ServerLives,
                Check.ServerAnswers,
                Check.AgentsLive,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.ServicesBack,
                Check.Told,
            ],
            Processes
        ),
        new(
            "disk-full",
            null,
            "the disk with a person's home is full (a small one of the drill's own)",
            Fault.DiskFull,
            [Need.OwnPeople],
            20,
            Deaths.None,
            IncidentKind.DiskNearlyFull,
            [
                Check.ServerLives,
                Check.ServerAnswers,
                Check.FilesWhole,
                Check.OthersAnswer,
                Check.NobodyElseDies,
                Check.Told,
            ],
            "the mount and its file"
        ),
    ];

    /// <summary>Names as the command line has them, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [.. All.Select(scenario => scenario.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>What <c>berth drill all</c> runs. What no version can do yet is not among them: it is named
    /// beside the result instead.</summary>
    public static IReadOnlyList<Scenario> Usual { get; } =
    [.. All.Where(scenario => !scenario.Needs.Contains(Need.Updates))];

    /// <param name="names">Of <see cref="Names"/>, or <c>all</c>.</param>
    /// <param name="shapes">Variants; none, or <c>all</c>, for every one. A drill without variants, beside one that has
    /// them, is not narrowed by it.</param>
    /// <returns>None where one of the names or shapes is nobody's.</returns>
    public static IReadOnlyList<Scenario> Find(IReadOnlyList<string> names, IReadOnlyList<string> shapes)
    {
        var every = shapes.Count == 0 || shapes.Contains("all", StringComparer.Ordinal);
        var named = names
            .SelectMany(name => name is "all" ? Usual : All.Where(scenario => scenario.Name == name))
            .Distinct()
            .ToList();
        var shaped = named.Where(scenario => scenario.Shape is not null).ToList();
        if (
            names.Any(name => name is not "all" && !Names.Contains(name, StringComparer.Ordinal))
            || (!every && shapes.Any(shape => !shaped.Exists(scenario => scenario.Shape == shape)))
        )
            return [];
        return every
            ? named
            : named.FindAll(scenario =>
                scenario.Shape is not { } shape || shapes.Contains(shape, StringComparer.Ordinal)
            );
    }

    private static Scenario Hog(string shape, string does, int seconds, IReadOnlyList<Check> checks) =>
        new("hog", shape, does, Fault.Hog, [], seconds, Deaths.TheHog, IncidentKind.OomKill, checks, Processes);
}
