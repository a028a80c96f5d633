namespace Berth.Gateway;

/// <summary>Who ended a WebSocket first.</summary>
public enum HungUp
{
    Client,
    Server,
    Gateway,
}

/// <summary>What is known of a WebSocket once it is over: who, how long, how much, who hung up, and whether the server
/// had stalled by then.</summary>
/// <param name="User">Whose it was.</param>
/// <param name="Target">Path, without its query.</param>
/// <param name="Started">When it was opened.</param>
/// <param name="Lasted">How long it was open.</param>
/// <param name="ToServer">Bytes that the client sent.</param>
/// <param name="ToClient">Bytes that the server sent.</param>
/// <param name="First">Who ended it.</param>
/// <param name="Code">Code of the first Close frame; 0 when it ended without one.</param>
/// <param name="Stalled">The client had said something that the server left unanswered, for how long; zero when it
/// answered.</param>
public sealed record StreamReport(
    string User,
    string Target,
    DateTimeOffset Started,
    TimeSpan Lasted,
    long ToServer,
    long ToClient,
    HungUp First,
    int Code,
    TimeSpan Stalled
)
{
    /// <summary>From how long on a server that says nothing has stalled: T3 Code's clients ping every 5 s and give up
    /// after 20 s.</summary>
    public static TimeSpan StallAfter { get; } = TimeSpan.FromSeconds(15);

    public bool IsStalled => Stalled >= StallAfter;

    /// <summary>One line for the log.</summary>
    public override string ToString() =>
        $"websocket {User} {Target} started {Started:yyyy-MM-dd'T'HH:mm:ss'Z'} lasted {Lasted.TotalSeconds:0.0} s, {ToServer} bytes to the server, {ToClient} to the client, ended by the {First.ToString().ToLowerInvariant()}, close code {(Code == 0 ? "none" : Code)}"
        + (IsStalled ? $", the server had stalled for {Stalled.TotalSeconds:0} s" : "");
}
