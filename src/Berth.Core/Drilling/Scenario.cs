using Berth.Incidents;

namespace Berth.Drilling;

/// <summary>What Berth promises (docs/tour.md, the README): each check of a drill belongs to one.</summary>
public enum Promise
{
    Contained,
    SignedIn,
    Private,
    Up,
    Explained,
}

/// <summary>What is asked of the host while the fault is there. Each is one row of the result.</summary>
public enum Check
{
    /// <summary>The kernel ends the hog at its cap, and does not let it past.</summary>
    DiesAtCap,

    /// <summary>The server is the same process as before, and systemd has not restarted it.</summary>
    ServerLives,

    /// <summary>The server answers without a gap over the bar.</summary>
    ServerAnswers,

    /// <summary>The other agents of the same person live, and their hearts beat without a gap over the bar.</summary>
    AgentsLive,

    /// <summary>Everybody else's server answers without a gap over the bar.</summary>
    OthersAnswer,

    /// <summary>Nobody dies but who should.</summary>
    NobodyElseDies,

    /// <summary>Nothing of it is swapped out.</summary>
    NothingSwapped,

    /// <summary>The box-wide backstop, asked who would go first, names nobody smaller than the hog.</summary>
    BackstopTakesTheBiggest,

    /// <summary>More tasks than the cap are refused.</summary>
    TasksRefused,

    /// <summary>Somebody else can still start a program.</summary>
    OthersStart,

    /// <summary>The server that does not answer is restarted, and answers.</summary>
    RestartedInTime,

    /// <summary>The login is back as it was.</summary>
    LoginRestored,

    /// <summary>What other tools keep beside the login is untouched.</summary>
    SiblingsKept,

    /// <summary>A store that does not answer takes no token away.</summary>
    TokenKept,

    /// <summary>A token that is proven to be gone is taken away.</summary>
    TokenWithdrawn,

    /// <summary>Another person's connection to the server is refused.</summary>
    FenceHolds,

    /// <summary>The gateway gives nothing to who took the server's place.</summary>
    GatewayGivesNothing,

    /// <summary>What another person keeps secret does not reach the server's environment.</summary>
    SecretStays,

    /// <summary>Berth's own services are back.</summary>
    ServicesBack,

    /// <summary>What was whole before the disk was full is whole.</summary>
    FilesWhole,

    /// <summary>The incident that the drill expects is told, with what ran, and once.</summary>
    Told,
}

/// <summary>What a drill needs beyond what all of them need. Where it is not there, the drill is refused.</summary>
public enum Need
{
    /// <summary>A roster with <c>store: {kind: local}</c>: a drill never writes into a Vault that people use.</summary>
    LocalStore,

    /// <summary>A roster with a store: without one nobody watches logins.</summary>
    Store,

    /// <summary>The drill's own people: a real person's server is not drilled in this way.</summary>
    OwnPeople,

    /// <summary>What a later version of Berth does.</summary>
    Updates,
}

/// <summary>How the fault is made.</summary>
public enum Fault
{
    Hog,
    SmallHogs,
    ForkBomb,
    Wedge,
    Logout,
    TokenRevoked,
    Squatter,
    BadUpdate,
    DaemonKill,
    DiskFull,
}

/// <summary>Which processes may die.</summary>
public enum Deaths
{
    None,

    /// <summary>One: the hog.</summary>
    TheHog,

    /// <summary>Any of the hogs, and nobody else.</summary>
    OnlyHogs,
}

/// <summary>One drill as it is declared: what is needed, what is done, what is looked at, what is expected, what is
/// taken away again.</summary>
/// <param name="Name">As the command line has it: <c>hog</c>.</param>
/// <param name="Shape">A variant of it: <c>slow</c>; null for the only one.</param>
/// <param name="Does">What happens, in plain words.</param>
/// <param name="Fault">How the fault is made.</param>
/// <param name="Needs">What must be there.</param>
/// <param name="Seconds">How long it is looked at once the fault is there, in seconds.</param>
/// <param name="Expected">Who may die.</param>
/// <param name="Incident">What must be told of it; null where nothing is to tell.</param>
/// <param name="Checks">What is asked, in the order of the result.</param>
/// <param name="CleanUp">What is taken away again.</param>
public sealed record Scenario(
    string Name,
    string? Shape,
    string Does,
    Fault Fault,
    IReadOnlyList<Need> Needs,
    int Seconds,
    Deaths Expected,
    IncidentKind? Incident,
    IReadOnlyList<Check> Checks,
    string CleanUp
)
{
    /// <summary>For people: <c>hog (slow)</c>.</summary>
    public string Title => Shape is null ? Name : $"{Name} ({Shape})";
}
