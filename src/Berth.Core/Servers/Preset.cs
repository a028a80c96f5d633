namespace Berth.Servers;

/// <summary>What Berth knows of one kind of agent server. Data: both engines render it, one into a systemd unit,
/// the other into a child process.</summary>
/// <param name="Name">The key a roster uses.</param>
/// <param name="Description">One line for <c>Description=</c>; <c>{user}</c> stands for the user.</param>
/// <param name="Documentation">A URL for <c>Documentation=</c>; empty for none.</param>
/// <param name="Command">Start command. Words may hold <c>{port}</c>, <c>{host}</c>, <c>{home}</c>, <c>{user}</c>.</param>
/// <param name="PortVariable">The variable that carries the port in the environment file.</param>
/// <param name="Environment">Variables of every instance; values may hold the same place-holders.</param>
/// <param name="Secrets">Variables whose value Berth generates once for each user and keeps in a file only root reads.</param>
/// <param name="Ready">How to tell that it serves.</param>
/// <param name="StatePaths">Where its state lives, relative to the home.</param>
/// <param name="VersionCommand">Prints the version; empty when there is none.</param>
/// <param name="ZeroIsFailure">It ends with exit 0 also when it was killed, so that only being stopped is an end.</param>
/// <param name="ListensEverywhere">It listens on every interface, whatever it is told.</param>
public sealed record Preset(
    string Name,
    string Description,
    string Documentation,
    IReadOnlyList<string> Command,
    string PortVariable,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string> Secrets,
    ReadyCheck Ready,
    IReadOnlyList<string> StatePaths,
    IReadOnlyList<string> VersionCommand,
    bool ZeroIsFailure = false,
    bool ListensEverywhere = false
);

/// <summary>How to tell that a server is ready: an HTTP answer that only this server gives, never a bare 200
/// (T3 Code answers unknown paths with its page and 200).</summary>
/// <param name="Path">HTTP path to GET; null means that an accepted TCP connection is enough.</param>
/// <param name="JsonProperty">A top-level property that the JSON answer must hold; null accepts any 2xx answer.</param>
/// <param name="BasicUser">User of HTTP Basic authentication; null for none.</param>
/// <param name="PasswordVariable">The secret variable that holds the Basic password.</param>
public sealed record ReadyCheck(
    string? Path,
    string? JsonProperty = null,
    string? BasicUser = null,
    string? PasswordVariable = null
)
{
    public static ReadyCheck Tcp { get; } = new((string?)null);
}
