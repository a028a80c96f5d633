namespace Berth.Credentials;

/// <summary>Whether a server may be restarted for a new token without taking work away.</summary>
public static class IdleRule
{
    /// <summary>For so long nothing may have happened.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>Share of one core below which a server only waits.</summary>
    public const double Quiet = 0.02;

    /// <param name="since">When the cgroup's CPU time was first seen at this pace.</param>
    /// <param name="cpu">CPU time that the server's cgroup used since then.</param>
    /// <param name="agents">Agent processes that run in it now.</param>
    /// <param name="now">The moment.</param>
    public static bool Idle(DateTimeOffset since, TimeSpan cpu, int agents, DateTimeOffset now) =>
        agents == 0 && now - since >= Window && cpu < (now - since) * Quiet;
}
