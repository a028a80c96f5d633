namespace Berth.Doctoring;

/// <summary>How much a finding hurts. <c>berth doctor</c> exits with 0 up to <see cref="Info"/>, with 1 at
/// <see cref="Warning"/> and with 2 above.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is lost by it today.</summary>
    Info,

    /// <summary>Hurts on the day something else goes wrong.</summary>
    Warning,

    /// <summary>One runaway is enough, and somebody else's work is lost or stalls.</summary>
    Error,

    /// <summary>It hurts now, or anybody with an account can make it.</summary>
    Critical,
}
