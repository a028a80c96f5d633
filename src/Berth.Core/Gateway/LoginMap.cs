using System.Collections.Frozen;

namespace Berth.Gateway;

/// <summary>Which person a proven identity is. A login matches to the character: only the letters A to Z are the same
/// as a to z. Dots, <c>+tags</c>, spaces, accents and look-alikes of other alphabets are never folded, so no two people
/// of a roster can ever be taken for each other. With <c>identity: domain:</c>, <c>alice@DOMAIN</c> is also the person
/// whose login is <c>alice</c>.</summary>
public sealed class LoginMap
{
    /// <summary>Characters of the longest login, as in a roster: an address of RFC 3696 is no longer.</summary>
    public const int Longest = 320;

    private readonly FrozenDictionary<string, Route?>.AlternateLookup<ReadOnlySpan<char>> _byLogin;
    private readonly FrozenDictionary<string, Route?> _byUser;
    private readonly string? _domain;

    private LoginMap(FrozenDictionary<string, Route?> byLogin, FrozenDictionary<string, Route?> byUser, string? domain)
    {
        _byLogin = byLogin.GetAlternateLookup<ReadOnlySpan<char>>();
        _byUser = byUser;
        _domain = domain;
    }

    /// <summary>A login that two routes claim is nobody's.</summary>
    public static LoginMap Of(GatewayConfig config) =>
        new(
            Single(config.Routes, route => Folded(route.Login)),
            Single(config.Routes, route => route.User),
            config.Gateway.Identity.Domain is { Length: > 0 } domain ? Folded(domain) : null
        );

    /// <returns>Null for somebody whom the roster does not name.</returns>
    public Route? Find(Identified who) =>
        who.User is { } user ? _byUser.GetValueOrDefault(user)
        : who.Login is { } login ? Find(login)
        : null;

    private Route? Find(string login)
    {
        if (login.Length is 0 or > Longest)
            return null;
        Span<char> buffer = stackalloc char[Longest];
        var folded = buffer[..login.Length];
        var at = -1;
        for (var place = 0; place < login.Length; place++)
        {
            var c = login[place];
            if (char.IsControl(c) || (c is '@' && at >= 0))
                return null;
            if (c is '@')
                at = place;
            folded[place] = Folded(c);
        }
        var isKnown = _byLogin.TryGetValue(folded, out var whole);
        if (_domain is null || at <= 0 || !folded[(at + 1)..].SequenceEqual(_domain))
            return whole;
        // Where one person's login is another's with the domain added, nobody can tell who is meant.
        return _byLogin.TryGetValue(folded[..at], out var local) && isKnown ? null : whole ?? local;
    }

    /// <summary>Null stands for what several claim.</summary>
    private static FrozenDictionary<string, Route?> Single(IEnumerable<Route> routes, Func<Route, string> key) =>
        routes
            .GroupBy(key, StringComparer.Ordinal)
            .ToFrozenDictionary(
                group => group.Key,
                group => group.Count() == 1 ? group.First() : null,
                StringComparer.Ordinal
            );

    private static string Folded(string text) =>
        string.Create(
            text.Length,
            text,
            static (folded, from) =>
            {
                for (var place = 0; place < from.Length; place++)
                    folded[place] = Folded(from[place]);
            }
        );

    private static char Folded(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
}
