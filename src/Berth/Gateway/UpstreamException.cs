namespace Berth.Gateway;

/// <summary>Why no connection to somebody's server could be used.</summary>
internal enum UpstreamFault
{
    /// <summary>Nobody listens: it is stopped, starts, or restarts.</summary>
    Refused,

    /// <summary>Who listens or accepted is not the route's person: nothing was sent.</summary>
    Squatter,

    /// <summary>It listens and accepted nothing within the bound: it has stalled.</summary>
    NeverAccepted,
}

/// <summary>A connection that may not be used; not a byte went over it.</summary>
internal sealed class UpstreamException(UpstreamFault fault, string message, Exception? inner = null)
    : IOException(message, inner)
{
    public UpstreamFault Fault { get; } = fault;

    /// <summary>The one among the reasons of a failure, if any.</summary>
    public static UpstreamException? Within(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            if (failure is UpstreamException found)
                return found;
        return null;
    }
}
