using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Berth.Gateway;

/// <summary>Berth's own sign-in: makes links, takes them in, knows who is signed in, and ends it. What is decided is
/// saved before it counts.</summary>
internal sealed class SignInDesk
{
    private static readonly Identified s_foreign = Identified.Nobody("the sign-in is not one of this machine's");
    private static readonly Identified s_ended = Identified.Nobody("the sign-in has ended");

    private readonly SignInFile _file;
    private readonly TimeProvider _clock;
    private readonly byte[] _key;
    private readonly Lock _gate = new();

    /// <summary>Cookies whose signature was found right, and what each session is known by. Whether it still counts
    /// is for the book to say.</summary>
    private readonly ProofCache<string> _signed = new();

    /// <summary>Of sessions that were seen since the start: cancelled when they are ended.</summary>
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _lives = new(StringComparer.Ordinal);

    private volatile SignInBook _book;
    private volatile GatewayConfig _config;
    private bool _isUnsaved;

    public SignInDesk(SignInFile file, GatewayConfig config, TimeProvider clock)
    {
        _file = file;
        _clock = clock;
        _config = config;
        _key = file.Key();
        _book = file.Read();
        Follow(config);
    }

    public GatewayConfig Config => _config;

    public bool IsSecure => SignInRequest.IsSecure(_config.Gateway);

    public TimeSpan Lasts => TimeSpan.FromDays(_config.Gateway.Identity.SessionDays);

    /// <summary>Whom the pages tell people to ask.</summary>
    public string Contact => _config.Gateway.Contact ?? "whoever runs this machine";

    /// <summary>Makes a link that signs this person in, once.</summary>
    /// <returns>Null where the configuration names nobody of that name.</returns>
    /// <exception cref="IOException">It could not be saved.</exception>
    public IssuedLink? Issue(string user, TimeSpan lasts)
    {
        if (_config.Routes.FirstOrDefault(route => route.User == user) is not { } route)
            return null;
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SignInCookie.KeySize));
        var now = _clock.GetUtcNow();
        var link = new SignInLink(user, route.Uid, now + lasts);
        Change(book => book.Issue(SignInBook.HashOf(token), link, now));
        var url = $"{SignInRequest.Address(_config.Gateway)}{SignInRequest.SignIn}?token={token}";
        return new IssuedLink(user, url, link.Expires);
    }

    /// <summary>Whom a link would sign in; null when it is worth nothing.</summary>
    public string? Meant(string token) => _book.Link(SignInBook.HashOf(token), _clock.GetUtcNow())?.User;

    /// <summary>Uses a link up. The id is always made here: what a browser already holds is never made a sign-in.
    /// </summary>
    /// <param name="token">The link's.</param>
    /// <param name="browser">See <see cref="SignInSession.Browser"/>.</param>
    /// <param name="replaced">The cookie that the browser held; its own sign-in ends.</param>
    /// <returns>Null when the link is worth nothing, or no more.</returns>
    /// <exception cref="IOException">It could not be saved, and the link still works.</exception>
    public SignedIn? Redeem(string token, string browser, string? replaced)
    {
        var now = _clock.GetUtcNow();
        var id = RandomNumberGenerator.GetBytes(SignInCookie.KeySize);
        var (cookie, hash) = SignInCookie.Make(id, now + Lasts, _key);
        var link = SignInBook.HashOf(token);
        string? user = null;
        Change(book =>
        {
            if (book.Redeem(link, hash, now, Lasts, browser) is not { } signedIn)
                return book;
            user = signedIn.Sessions[hash].User;
            return Known(replaced) is { } before ? signedIn.End(before) : signedIn;
        });
        return user is null ? null : new SignedIn(cookie, user, SignInBook.IdOf(hash));
    }

    /// <summary>Called for every request: two look-ups, and the signature of a cookie that was not seen before.
    /// </summary>
    public Identified Who(ReadOnlySpan<char> cookie)
    {
        if (Known(cookie) is not { } hash)
            return s_foreign;
        var now = _clock.GetUtcNow();
        if (_book.Session(hash, now) is not { } session)
            return s_ended;
        if (now - session.Seen > SignInBook.Coarse)
            See(hash, now);
        return Identified.ByUser(session.User) with { Until = Life(hash) };
    }

    /// <summary>Ends the sign-in of a cookie.</summary>
    public void SignOut(ReadOnlySpan<char> cookie)
    {
        if (Known(cookie) is { } hash)
            Change(book => book.Sessions.ContainsKey(hash) ? book.End(hash) : book);
    }

    /// <summary>Ends everything of a person, or one session.</summary>
    /// <returns>How many sign-ins and unused links.</returns>
    public int Revoke(string who)
    {
        var count = 0;
        Change(book =>
        {
            var left = book.Revoke(who);
            count = book.Sessions.Count + book.Links.Count - left.Sessions.Count - left.Links.Count;
            return count > 0 ? left : book;
        });
        return count;
    }

    public IReadOnlyList<ListedSession> List()
    {
        var now = _clock.GetUtcNow();
        return
        [
            .. _book
                .Sessions.Where(entry => now < entry.Value.Expires)
                .OrderBy(entry => entry.Value.User, StringComparer.Ordinal)
                .ThenBy(entry => entry.Value.Created)
                .Select(entry => new ListedSession(
                    SignInBook.IdOf(entry.Key),
                    entry.Value.User,
                    entry.Value.Browser,
                    entry.Value.Created,
                    entry.Value.Seen,
                    entry.Value.Expires
                )),
        ];
    }

    /// <summary>The configuration has changed: whoever is no longer in it is signed out for good.</summary>
    public void Follow(GatewayConfig config)
    {
        _config = config;
        Change(book =>
        {
            var kept = book.Keep(config.Routes, _clock.GetUtcNow());
            return kept.Sessions.Count == book.Sessions.Count && kept.Links.Count == book.Links.Count ? book : kept;
        });
    }

    /// <summary>Saves when people were last seen, if anybody was.</summary>
    /// <exception cref="IOException">It could not be saved.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isUnsaved)
                _file.Save(_book);
            _isUnsaved = false;
        }
    }

    private void Change(Func<SignInBook, SignInBook> change)
    {
        lock (_gate)
        {
            var changed = change(_book);
            if (ReferenceEquals(changed, _book))
                return;
            _file.Save(changed);
            _book = changed;
            _isUnsaved = false;
        }
        foreach (var (hash, life) in _lives)
            if (!_book.Sessions.ContainsKey(hash) && _lives.TryRemove(hash, out _))
                life.Cancel();
    }

    /// <summary>Whoever looks at a session just as it is ended gets a life that is over.</summary>
    private CancellationToken Life(string hash)
    {
        if (_lives.TryGetValue(hash, out var known))
            return known.Token;
        var life = _lives.GetOrAdd(hash, _ => new CancellationTokenSource());
        if (_book.Sessions.ContainsKey(hash))
            return life.Token;
        _lives.TryRemove(hash, out _);
        return new CancellationToken(canceled: true);
    }

    /// <summary>Not worth a write of its own.</summary>
    private void See(string hash, DateTimeOffset now)
    {
        lock (_gate)
        {
            _book = _book.See(hash, now);
            _isUnsaved = true;
        }
    }

    private string? Known(ReadOnlySpan<char> cookie)
    {
        if (_signed.TryGet(cookie, out var known))
            return known;
        if (SignInCookie.Read(cookie, _key, _clock.GetUtcNow()) is not { } hash)
            return null;
        _signed.Add(cookie.ToString(), hash);
        return hash;
    }
}

/// <summary>A browser that was just signed in.</summary>
/// <param name="Cookie">What it holds from now on.</param>
/// <param name="User">As whom.</param>
/// <param name="Id">What the sign-in is listed as.</param>
internal sealed record SignedIn(string Cookie, string User, string Id);
