namespace Berth.WebTests.Browser;

/// <summary>How long a condition is waited for until it has not come true.</summary>
public static class Limits
{
    /// <summary>Far beyond what anything takes, on a busy machine as well.</summary>
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);
}
