namespace Berth.Doubles.T3;

/// <summary>How the session cookie is called; builds of three ages do it in three ways.</summary>
public enum CookieGeneration
{
    /// <summary><c>t3_session</c>.</summary>
    Plain,

    /// <summary><c>t3_session_PORT_HASH</c>, the hash of the state folder.</summary>
    Loopback,

    /// <summary><c>t3_session_HASH</c>, the hash of the environment's id.</summary>
    Remote,
}

/// <summary>What a double is started with.</summary>
public sealed record T3Options
{
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 for one that is free.</summary>
    public int Port { get; init; }

    /// <summary>The folder of its state; null for a temporary one.</summary>
    public string? BaseFolder { get; init; }

    /// <summary>Who it says it is, in its environment and on its page.</summary>
    public string Label { get; init; } = Environment.UserName;

    public CookieGeneration Cookie { get; init; } = CookieGeneration.Loopback;

    /// <summary>Whether its request handler is there from the start. Otherwise it listens, and whatever comes before
    /// <see cref="T3Double.Attach"/> is never answered.</summary>
    public bool Attached { get; init; } = true;

    /// <summary>Whether <c>/api/auth/bootstrap</c> of older builds is there.</summary>
    public bool Bootstrap { get; init; }
}

/// <summary>One request, without any secret of it.</summary>
/// <param name="Method">As sent.</param>
/// <param name="Path">Without the query.</param>
public sealed record T3Request(string Method, string Path);
