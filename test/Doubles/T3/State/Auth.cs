using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Berth.Doubles.T3;

/// <summary>Somebody with a session.</summary>
/// <param name="Id">Of the session.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Method">How it is carried.</param>
internal sealed record Principal(string Id, IReadOnlyList<string> Scopes, string Method, DateTimeOffset Expires);

/// <summary>Sessions, pairing credentials and WebSocket tickets, by the rules of the real one: a session is a signed
/// token and an entry, a credential can be used once.</summary>
internal sealed class Auth(BaseFolder folder, TimeProvider clock)
{
    public const string AccessWrite = "access:write";

    /// <summary>Letters and digits that nobody takes for one another.</summary>
    private const string Alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    private static readonly string[] s_standard =
    [
        "orchestration:read",
        "orchestration:operate",
        "terminal:operate",
        "review:write",
        "relay:read",
    ];
    private static readonly string[] s_administrative = [.. s_standard, "access:read", AccessWrite, "relay:write"];

    /// <summary>An admin's bearer session, as <c>t3 auth session issue --json</c> prints it.</summary>
    public JsonObject IssueSession(TimeSpan ttl)
    {
        var (token, session) = Begin(s_administrative, "bearer-access-token", "cli-issued-session", ttl);
        return new JsonObject
        {
            ["sessionId"] = session.Id,
            ["token"] = token,
            ["method"] = session.Method,
            ["scopes"] = List(session.Scopes),
            ["subject"] = "cli-issued-session",
            ["client"] = new JsonObject { ["deviceType"] = "bot" },
            ["expiresAt"] = Moment(session.Expires),
        };
    }

    /// <summary>A pairing credential, as <c>t3 auth pairing create --json</c> prints it.</summary>
    public JsonObject IssueCredential(TimeSpan ttl, string? label, string? baseUrl = null, bool admin = false)
    {
        var credential = RandomNumberGenerator.GetString(Alphabet, 12);
        var scopes = admin ? s_administrative : s_standard;
        var entry = new JsonObject
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["scopes"] = List(scopes),
            ["expiresAt"] = Moment(clock.GetUtcNow() + ttl),
        };
        folder.Put("pairing", credential, entry);
        var told = new JsonObject { ["id"] = (string?)entry["id"], ["credential"] = credential };
        if (label is not null)
            told["label"] = label;
        told["scopes"] = List(scopes);
        told["expiresAt"] = (string?)entry["expiresAt"];
        if (baseUrl is not null)
            told["pairUrl"] = $"{baseUrl}/pair#token={credential}";
        return told;
    }

    /// <summary>A browser's session for a credential.</summary>
    /// <param name="credential">Used up by this.</param>
    /// <param name="stored">False: the token is signed and stands for nothing.</param>
    /// <returns>Null for one that is not known, used or too old.</returns>
    public (string Token, Principal Session)? Exchange(string credential, bool stored)
    {
        if (folder.Take("pairing", credential) is not { } entry || Parse(entry["expiresAt"]) <= clock.GetUtcNow())
            return null;
        return Begin(Words(entry["scopes"]), "browser-session-cookie", "browser", TimeSpan.FromDays(30), stored);
    }

    /// <summary>The session behind a token; null for none.</summary>
    public Principal? Verify(string? token)
    {
        if (Claims(token, "session") is not { } claims || (string?)claims["sid"] is not { } id)
            return null;
        if (folder.Get("sessions", id) is not { } entry || Parse(entry["expiresAt"]) is not { } expires)
            return null;
        return expires > clock.GetUtcNow()
            ? new Principal(id, Words(entry["scopes"]), (string)entry["method"]!, expires)
            : null;
    }

    public void End(Principal session) => folder.Remove("sessions", session.Id);

    /// <summary>What opens one WebSocket without a cookie.</summary>
    public JsonObject Ticket(Principal session)
    {
        var expires = clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        return new JsonObject
        {
            ["ticket"] = Sign(Claim("websocket", session.Id, expires)),
            ["expiresAt"] = Moment(expires),
        };
    }

    public Principal? VerifyTicket(string? ticket) =>
        Claims(ticket, "websocket") is { } claims
        && (string?)claims["sid"] is { } id
        && folder.Get("sessions", id) is { } entry
        && Parse(entry["expiresAt"]) is { } expires
            ? new Principal(id, Words(entry["scopes"]), "ticket", expires)
            : null;

    public static string Moment(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static JsonArray List(IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)word)]);

    private (string Token, Principal Session) Begin(
        IReadOnlyList<string> scopes,
        string method,
        string subject,
        TimeSpan ttl,
        bool stored = true
    )
    {
        var (id, expires) = (Guid.NewGuid().ToString(), clock.GetUtcNow() + ttl);
        if (stored)
            folder.Put(
                "sessions",
                id,
                new JsonObject
                {
                    ["subject"] = subject,
                    ["method"] = method,
                    ["scopes"] = List(scopes),
                    ["expiresAt"] = Moment(expires),
                }
            );
        return (Sign(Claim("session", id, expires)), new Principal(id, scopes, method, expires));
    }

    private static JsonObject Claim(string kind, string session, DateTimeOffset expires) =>
        new()
        {
            ["v"] = 1,
            ["kind"] = kind,
            ["sid"] = session,
            ["exp"] = expires.ToUnixTimeMilliseconds(),
        };

    private string Sign(JsonObject claims)
    {
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        return $"{payload}.{Signature(payload)}";
    }

    private string Signature(string payload) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(folder.Key, Encoding.UTF8.GetBytes(payload)));

    private JsonObject? Claims(string? token, string kind)
    {
        if (token?.Split('.') is not [var payload, var signature])
            return null;
        var (given, due) = (Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Signature(payload)));
        if (!CryptographicOperations.FixedTimeEquals(given, due))
            return null;
        try
        {
            var claims = JsonNode.Parse(Base64Url.DecodeFromChars(payload))!.AsObject();
            return (string?)claims["kind"] == kind && (long)claims["exp"]! > clock.GetUtcNow().ToUnixTimeMilliseconds()
                ? claims
                : null;
        }
        catch (Exception nonsense) when (nonsense is JsonException or FormatException)
        {
            return null;
        }
    }

    private static List<string> Words(JsonNode? list) => [.. list!.AsArray().Select(word => (string)word!)];

    private static DateTimeOffset? Parse(JsonNode? moment) =>
        DateTimeOffset.TryParse((string?)moment, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
}
