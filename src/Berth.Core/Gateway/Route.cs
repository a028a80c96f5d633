using Berth.Servers;

namespace Berth.Gateway;

/// <summary>Whether somebody stands behind a route.</summary>
public enum RouteState
{
    /// <summary>Their server runs, or is about to.</summary>
    Serving,

    /// <summary>Their server is stopped on purpose (<c>parked:</c>).</summary>
    Parked,

    /// <summary>They have an account and no server.</summary>
    NoServer,
}

/// <summary>One person and the server that they alone are led to.</summary>
/// <param name="User">Account name.</param>
/// <param name="Login">What the identity provider sends for them.</param>
/// <param name="Uid">Who must own the listener and every accepted connection.</param>
/// <param name="Server">Key of their server in the roster; null for none.</param>
/// <param name="Preset">Key of the server's preset: how people are paired with it.</param>
/// <param name="Ready">How to tell that it serves.</param>
/// <param name="Host">Address it listens on; one for "everywhere" is reached on loopback.</param>
/// <param name="Port">TCP port; 0 without a server.</param>
/// <param name="Home">Home folder, for presets whose names are made from it.</param>
/// <param name="State">Whether somebody stands behind it.</param>
public sealed record Route(
    string User,
    string Login,
    int Uid,
    string? Server,
    string Preset,
    ReadyCheck Ready,
    string Host,
    int Port,
    string Home,
    RouteState State
)
{
    /// <summary>The roster's start command of the server, place-holders and all: the program that serves a person also
    /// issues what they sign in with. One word a line; empty for the preset's own.</summary>
    public string Command { get; init; } = "";
}
