using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Gateway;

/// <summary>A one-time sign-in link that nobody has used yet.</summary>
/// <param name="User">Whom it signs in.</param>
/// <param name="Uid">Their uid: a later account of the same name is somebody else.</param>
/// <param name="Expires">When it is worth nothing.</param>
public sealed record SignInLink(string User, int Uid, DateTimeOffset Expires);

/// <summary>A browser that is signed in.</summary>
/// <param name="User">As whom.</param>
/// <param name="Uid">See <see cref="SignInLink.Uid"/>.</param>
/// <param name="Created">When its link was used.</param>
/// <param name="Seen">When it was last seen, to about ten minutes.</param>
/// <param name="Expires">When it ends by itself.</param>
/// <param name="Browser">Such as <c>Firefox on Linux</c>.</param>
public sealed record SignInSession(
    string User,
    int Uid,
    DateTimeOffset Created,
    DateTimeOffset Seen,
    DateTimeOffset Expires,
    string Browser
);

/// <summary>Who is signed in, and who may sign in: by the hash of what they hold, so that whoever reads the book can be
/// nobody by it. A value: every change is a new book.</summary>
/// <param name="Links">By the SHA-256 of the link's token, in hexadecimal.</param>
/// <param name="Sessions">By the SHA-256 of the session's id.</param>
public sealed record SignInBook(
    ImmutableSortedDictionary<string, SignInLink> Links,
    ImmutableSortedDictionary<string, SignInSession> Sessions
)
{
    /// <summary>Of one person; the oldest goes when another comes.</summary>
    public const int MostLinks = 20;

    /// <summary>Of one person; the one not seen for the longest goes when another comes.</summary>
    public const int MostSessions = 50;

    /// <summary>How long a session counts as just seen.</summary>
    public static readonly TimeSpan Coarse = TimeSpan.FromMinutes(10);

    public static SignInBook Empty { get; } =
        new(
            ImmutableSortedDictionary.Create<string, SignInLink>(StringComparer.Ordinal),
            ImmutableSortedDictionary.Create<string, SignInSession>(StringComparer.Ordinal)
        );

    /// <summary>What a token or an id is known by.</summary>
    public static string HashOf(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[512];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // Longer than any token: the hash of something else, and of nobody's.
        if (!Encoding.UTF8.TryGetBytes(text, bytes, out var length))
            return "";
        SHA256.HashData(bytes[..length], hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>How people name a session: the beginning of its hash.</summary>
    public static string IdOf(string hash) => hash[..Math.Min(hash.Length, 12)];

    public SignInLink? Link(string hash, DateTimeOffset now) =>
        Links.TryGetValue(hash, out var link) && now < link.Expires ? link : null;

    public SignInSession? Session(string hash, DateTimeOffset now) =>
        Sessions.TryGetValue(hash, out var session) && now < session.Expires ? session : null;

    public SignInBook Issue(string hash, SignInLink link, DateTimeOffset now)
    {
        var live = Live(now);
        var others = live.Links.Where(entry => entry.Value.User == link.User).OrderBy(entry => entry.Value.Expires);
        var tooMany = others.SkipLast(MostLinks - 1).Select(entry => entry.Key);
        return live with { Links = live.Links.RemoveRange(tooMany).SetItem(hash, link) };
    }

    /// <summary>Uses a link up and signs its person in, in one step.</summary>
    /// <returns>Null when there is no such link, or no more.</returns>
    public SignInBook? Redeem(string link, string session, DateTimeOffset now, TimeSpan lasts, string browser)
    {
        if (Link(link, now) is not { User: var user, Uid: var uid })
            return null;
        var live = Live(now);
        var others = live.Sessions.Where(entry => entry.Value.User == user).OrderBy(entry => entry.Value.Seen);
        var tooMany = others.SkipLast(MostSessions - 1).Select(entry => entry.Key);
        var begun = new SignInSession(user, uid, now, now, now + lasts, browser);
        return new SignInBook(live.Links.Remove(link), live.Sessions.RemoveRange(tooMany).SetItem(session, begun));
    }

    public SignInBook See(string hash, DateTimeOffset now) =>
        Session(hash, now) is { } session
            ? this with
            {
                Sessions = Sessions.SetItem(hash, session with { Seen = now }),
            }
            : this;

    public SignInBook End(string session) => this with { Sessions = Sessions.Remove(session) };

    /// <summary>Ends everything of a person, or the one session of an id.</summary>
    public SignInBook Revoke(string who) =>
        new(
            Links.RemoveRange(Links.Where(entry => entry.Value.User == who).Select(entry => entry.Key)),
            Sessions.RemoveRange(
                Sessions.Where(entry => entry.Value.User == who || IdOf(entry.Key) == who).Select(entry => entry.Key)
            )
        );

    /// <summary>Without those whom the configuration no longer names, and what has ended.</summary>
    public SignInBook Keep(IReadOnlyList<Route> routes, DateTimeOffset now)
    {
        var known = routes.Select(route => (route.User, route.Uid)).ToHashSet();
        var live = Live(now);
        var links = live.Links.Where(entry => !known.Contains((entry.Value.User, entry.Value.Uid)));
        var sessions = live.Sessions.Where(entry => !known.Contains((entry.Value.User, entry.Value.Uid)));
        return new SignInBook(
            live.Links.RemoveRange(links.Select(entry => entry.Key)),
            live.Sessions.RemoveRange(sessions.Select(entry => entry.Key))
        );
    }

    public string ToJson() => JsonSerializer.Serialize(this, SignInJson.Default.SignInBook) + "\n";

    /// <exception cref="JsonException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static SignInBook Parse(string json)
    {
        var book =
            JsonSerializer.Deserialize(json, SignInJson.Default.SignInBook) ?? throw new JsonException("it is empty");
        return Empty with
        {
            Links = Empty.Links.AddRange(book.Links),
            Sessions = Empty.Sessions.AddRange(book.Sessions),
        };
    }

    private SignInBook Live(DateTimeOffset now) =>
        new(
            Links.RemoveRange(Links.Where(entry => now >= entry.Value.Expires).Select(entry => entry.Key)),
            Sessions.RemoveRange(Sessions.Where(entry => now >= entry.Value.Expires).Select(entry => entry.Key))
        );
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(SignInBook))]
internal sealed partial class SignInJson : JsonSerializerContext;
