using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>What a preset does so that its person is signed in to their server without noticing.</summary>
internal interface IPairing
{
    /// <summary>Before a request is sent on. Answers the request itself (a redirect with a new session) and gives true,
    /// or gives false: send it on. Only a document navigation may be answered or kept waiting; an XHR, an asset or a
    /// WebSocket is sent on at once, unless nothing has yet been injected that its server would refuse it without.
    /// </summary>
    /// <exception cref="PairingException">It cannot be done now; the message is for the person and the log.</exception>
    ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop);

    /// <summary>Adds to a request what its server wants to see and the browser must not.</summary>
    void Inject(HttpRequestMessage request);
}

/// <summary>Signing in to a server failed.</summary>
/// <param name="message">What happened, without any credential.</param>
/// <param name="drift">The server no longer speaks as its preset expects: an incident, never to be tried in a
/// loop.</param>
internal sealed class PairingException(string message, bool drift = false) : Exception(message)
{
    public bool Drift { get; } = drift;
}

/// <summary>Where pairing gets what only root may read or run: from <c>berth daemon</c>, or in the foreground engine
/// from the files of whoever runs it.</summary>
internal interface IPairingSource
{
    /// <summary>The value of one of the secrets that Berth generated for this person's server.</summary>
    /// <exception cref="PairingException">It cannot be had now.</exception>
    Task<string> SecretAsync(Route route, string variable, CancellationToken stop);

    /// <summary>Runs the preset's own command, as the person, that issues what they sign in with; gives its standard
    /// output.</summary>
    /// <exception cref="PairingException">It cannot be had now.</exception>
    Task<string> MintAsync(Route route, MintKind kind, CancellationToken stop);
}
