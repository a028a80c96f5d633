using System.Text.Json;

namespace Berth.Gateway;

/// <summary>Gets sessions from one person's T3 Code server. What may issue them, an admin's bearer, is kept here and
/// nowhere else.</summary>
/// <param name="route">The person.</param>
/// <param name="calls">Questions to their server.</param>
/// <param name="source">Where the bearer comes from.</param>
/// <param name="clock">The clock.</param>
internal sealed class T3SignIn(Route route, ServerCalls calls, IPairingSource source, TimeProvider clock)
{
    /// <summary>A server that does not speak as expected gets no further credential for so long.</summary>
    private static readonly TimeSpan s_drift = TimeSpan.FromSeconds(30);

    private sealed record Drifted(string Message, long At);

    private volatile Drifted? _drifted;
    private volatile string? _bearer;
    private volatile string? _cookieName;

    /// <summary>What the server calls its session, as far as it has been asked.</summary>
    public string? CookieName => _cookieName;

    /// <summary>Asks the server about a cookie; null to ask about none.</summary>
    public async Task<T3Session> AskAsync(string? cookie, CancellationToken stop)
    {
        var reply = await calls.GetAsync(T3Answer.SessionPath, cookie, null, stop);
        if (T3Answer.Session(reply.Status, reply.Body) is not { } session)
            throw reply.Status >= 500 ? Failing() : Drift("does not say whether anybody is signed in");
        _cookieName = session.CookieName;
        return session;
    }

    /// <summary>A new session that the server says is one.</summary>
    /// <returns>Null when this server wants nobody to sign in.</returns>
    public async Task<SessionCookie?> NewAsync(CancellationToken stop)
    {
        if (_drifted is { } drifted && clock.GetElapsedTime(drifted.At) < s_drift)
            throw new PairingException(drifted.Message, drift: true);
        try
        {
            return await SignInAsync(stop);
        }
        catch (PairingException failure) when (failure.Drift)
        {
            _drifted = new Drifted(failure.Message, clock.GetTimestamp());
            throw;
        }
    }

    private async Task<SessionCookie?> SignInAsync(CancellationToken stop)
    {
        var session = await AskAsync(null, stop);
        if (session.Authenticated)
            return null;
        var verdict = T3Verdict.Drift;
        // Once more with a fresh credential: it may have been taken by a request whose answer got lost.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            (verdict, var given) = await ExchangeAsync(await CredentialAsync(stop), session.CookieName, stop);
            if (given is not null)
                return (await AskAsync(given.Pair, stop)).Authenticated
                    ? given
                    : throw Drift("gives sessions that it does not know a moment later");
            if (verdict is not (T3Verdict.Refused or T3Verdict.NoCookie))
                break;
        }
        throw verdict switch
        {
            T3Verdict.Failing => Failing(),
            T3Verdict.Refused => Drift("does not take the credential that it has just issued"),
            T3Verdict.NoCookie => Drift("signs in and sets no session"),
            T3Verdict.NotThere => Drift("has no call that signs a browser in"),
            _ => Drift("answers a sign-in as no known build does"),
        };
    }

    private async Task<(T3Verdict, SessionCookie?)> ExchangeAsync(
        string credential,
        string name,
        CancellationToken stop
    )
    {
        var body = $$"""{"credential":"{{Escaped(credential)}}"}""";
        var result = await AtAsync(T3Answer.ExchangePath);
        return result.Item1 is T3Verdict.NotThere ? await AtAsync(T3Answer.OldExchangePath) : result;

        async Task<(T3Verdict, SessionCookie?)> AtAsync(string path)
        {
            using var content = ServerCalls.Json(body);
            var reply = await calls.PostAsync(path, content, null, stop);
            return T3Answer.Exchange(reply.Status, reply.SetCookies, reply.Body, name);
        }
    }

    private async Task<string> CredentialAsync(CancellationToken stop)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (_bearer is null)
            {
                var minted = await MintAsync(MintKind.Session, stop);
                if (minted.Bearer is null)
                    return minted.Credential!;
                _bearer = minted.Bearer;
            }
            using var content = ServerCalls.Json("""{"label":"berth"}""");
            var reply = await calls.PostAsync(T3Answer.TokenPath, content, _bearer, stop);
            switch (T3Answer.Token(reply.Status, reply.Body))
            {
                case (T3Verdict.Given, { } credential):
                    return credential;
                case (T3Verdict.Refused, _):
                    // Revoked, too old, or its server has a new database.
                    _bearer = null;
                    break;
                case (T3Verdict.NotThere, _):
                    return (await MintAsync(MintKind.Credential, stop)).Credential
                        ?? throw Drift("issues no pairing credential");
                case (T3Verdict.Failing, _):
                    throw Failing();
                default:
                    throw Drift("answers the request for a credential as no known build does");
            }
        }
        throw Drift("does not take the bearer that its own command has just issued");
    }

    private async Task<MintOutput> MintAsync(MintKind kind, CancellationToken stop) =>
        MintOutput.Parse(await source.MintAsync(route, kind, stop))
        ?? throw Drift("has a command that issues nothing that is known");

    private static string Escaped(string credential) => JsonEncodedText.Encode(credential).Value;

    private PairingException Failing() => new($"{route.User}'s server fails to sign anybody in for the moment");

    private PairingException Drift(string what) => new($"{route.User}'s server {what}", drift: true);
}
