namespace Berth.Gateway;

/// <summary>Whom a request comes from, as far as the request itself proves it.</summary>
/// <param name="Login">What the identity provider says of them; null when nothing was proven, or when
/// <paramref name="User"/> says it.</param>
/// <param name="User">The account itself, where Berth's own sign-in knows it.</param>
/// <param name="Reason">Why nothing was proven, for the log and, in general words, for the person; empty otherwise.
/// Never holds a part of a credential.</param>
public readonly record struct Identified(string? Login, string? User, string Reason)
{
    public static Identified ByLogin(string login) => new(login, null, "");

    public static Identified ByUser(string user) => new(null, user, "");

    public static Identified Nobody(string reason) => new(null, null, reason);

    /// <summary>Cancelled when this sign-in is ended before its time: what it opened and is still open ends then. Never,
    /// where somebody else decides who is signed in.</summary>
    public CancellationToken Until { get; init; }

    public bool IsProven => Login is not null || User is not null;
}
