using System.Text.Json;

namespace Berth.Gateway;

/// <summary>What <c>GET /api/auth/session</c> says.</summary>
/// <param name="Authenticated">The cookie that came along is a session.</param>
/// <param name="CookieName">How this build calls its session: three generations do it in three ways.</param>
public readonly record struct T3Session(bool Authenticated, string CookieName);

/// <summary>What one step of signing in to a T3 Code server came to.</summary>
public enum T3Verdict
{
    /// <summary>It gave what was asked for.</summary>
    Given,

    /// <summary>It does not know the credential or the bearer, or no longer.</summary>
    Refused,

    /// <summary>This build has no such call.</summary>
    NotThere,

    /// <summary>It said yes and set no session (T3 Code #7756): signing in has failed all the same.</summary>
    NoCookie,

    /// <summary>It fails for the moment.</summary>
    Failing,

    /// <summary>It answers what no known build answers.</summary>
    Drift,
}

/// <summary>Reads the answers of a T3 Code server (facts: agent servers). Unknown paths answer its page with 200, so a
/// status alone says nothing.</summary>
public static class T3Answer
{
    public const string SessionPath = "/api/auth/session";
    public const string TokenPath = "/api/auth/pairing-token";
    public const string ExchangePath = "/api/auth/browser-session";

    /// <summary>Where older builds exchange.</summary>
    public const string OldExchangePath = "/api/auth/bootstrap";

    private const int LongestCredential = 256;

    /// <returns>Null when it is no such answer.</returns>
    public static T3Session? Session(int status, ReadOnlyMemory<byte> body)
    {
        if (
            status != 200
            || AnswerText.Object(body) is not { } json
            || !json.TryGetProperty("authenticated", out var authenticated)
            || authenticated.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
            || !json.TryGetProperty("auth", out var auth)
            || AnswerText.Text(auth, "sessionCookieName") is not { } name
        )
            return null;
        return ServerCookies.IsName(name) ? new T3Session(authenticated.GetBoolean(), name) : null;
    }

    /// <summary>A credential for one browser, from <see cref="TokenPath"/>.</summary>
    public static (T3Verdict Verdict, string? Credential) Token(int status, ReadOnlyMemory<byte> body)
    {
        if (Failure(status) is { } failed)
            return (failed, null);
        if (AnswerText.Object(body) is not { } json)
            // The page, which is what every unknown path answers.
            return (T3Verdict.NotThere, null);
        return AnswerText.Secret(json, "credential", LongestCredential) is { } credential
            ? (T3Verdict.Given, credential)
            : (T3Verdict.Drift, null);
    }

    /// <summary>The session for a credential, from <see cref="ExchangePath"/>.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="setCookies">Every <c>Set-Cookie:</c> header.</param>
    /// <param name="body">The answer.</param>
    /// <param name="name">What the server calls its session: no other cookie of its answer is passed on.</param>
    public static (T3Verdict Verdict, SessionCookie? Session) Exchange(
        int status,
        IEnumerable<string> setCookies,
        ReadOnlyMemory<byte> body,
        string name
    )
    {
        if (Failure(status) is { } failed)
            return (failed, null);
        if (SessionCookie.Pick(setCookies, name) is { } session)
            return (T3Verdict.Given, session);
        return (AnswerText.Object(body) is null ? T3Verdict.NotThere : T3Verdict.NoCookie, null);
    }

    private static T3Verdict? Failure(int status) =>
        status switch
        {
            200 or 201 => null,
            401 or 403 => T3Verdict.Refused,
            404 or 405 => T3Verdict.NotThere,
            429 or >= 500 => T3Verdict.Failing,
            _ => T3Verdict.Drift,
        };
}
