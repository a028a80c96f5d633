namespace Berth.Doubles.Vault;

/// <summary>What can be wrong with a server, or with what is between it and its client.</summary>
public enum FaultKind
{
    /// <summary>503 "Vault is sealed".</summary>
    Sealed,

    /// <summary>500 with Vault's errors.</summary>
    ServerError,

    /// <summary>502 with a proxy's page.</summary>
    BadGateway,

    /// <summary>200 with the page of a network that wants a sign-in.</summary>
    Html,

    /// <summary>429 with Retry-After.</summary>
    RateLimited,

    /// <summary>412: this node has not yet seen the state that is asked for.</summary>
    Behind,

    /// <summary>403 "permission denied", whatever the policy says.</summary>
    Denied,

    /// <summary>The true answer, late.</summary>
    Slow,

    /// <summary>No answer.</summary>
    Hang,

    /// <summary>307 to another host.</summary>
    Redirect,

    /// <summary>200 and far more than anybody asked for.</summary>
    Oversized,

    /// <summary>The connection ends in place of an answer; nothing was done.</summary>
    Reset,

    /// <summary>It was done, but the connection ends in place of the answer.</summary>
    Lost,

    /// <summary>The first half of the true answer, as if it were all.</summary>
    Truncated,

    /// <summary>The true answer, with a Date header that is wrong.</summary>
    ClockSkew,

    /// <summary>429 from sys/health.</summary>
    Standby,

    /// <summary>472 from sys/health.</summary>
    DisasterRecovery,

    /// <summary>473 from sys/health.</summary>
    PerformanceStandby,

    /// <summary>501 from sys/health.</summary>
    Uninitialised,
}

/// <summary>A fault that is waiting for its requests.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="When">For which requests.</param>
/// <param name="Times">How often; null for as long as the double runs.</param>
public sealed record Fault(FaultKind Kind, Func<VaultRequest, bool> When, int? Times = null)
{
    /// <summary>How late a slow answer comes, and how wrong a skewed clock is.</summary>
    public TimeSpan By { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What Retry-After says.</summary>
    public int RetryAfter { get; init; } = 1;

    /// <summary>Where a redirect leads.</summary>
    public string Location { get; init; } = "https://elsewhere.invalid/v1/";
}

/// <summary>The faults that wait, first come first served. The kinds of sys/health strike nothing else.</summary>
internal sealed class Faults
{
    private readonly Lock _lock = new();
    private readonly List<(Fault Fault, int Left)> _waiting = [];

    public void Add(Fault fault)
    {
        lock (_lock)
            _waiting.Add((fault, fault.Times ?? int.MaxValue));
    }

    public void Clear()
    {
        lock (_lock)
            _waiting.Clear();
    }

    public Fault? Next(VaultRequest request)
    {
        lock (_lock)
        {
            var at = _waiting.FindIndex(waiting => Strikes(waiting.Fault, request));
            if (at < 0)
                return null;
            var (fault, left) = _waiting[at];
            if (left == 1)
                _waiting.RemoveAt(at);
            else
                _waiting[at] = (fault, fault.Times is null ? left : left - 1);
            return fault;
        }
    }

    private static bool Strikes(Fault fault, VaultRequest request) =>
        fault.Kind
            is not (
                FaultKind.Standby
                or FaultKind.DisasterRecovery
                or FaultKind.PerformanceStandby
                or FaultKind.Uninitialised
            )
            ? fault.When(request)
            : request.Path is "sys/health" or "sys/seal-status" && fault.When(request);
}
