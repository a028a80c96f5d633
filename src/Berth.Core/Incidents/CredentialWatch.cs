using Berth.Credentials;

namespace Berth.Incidents;

/// <summary>How one person is signed in, as numbers tell it.</summary>
/// <param name="Token">What the store says of their token.</param>
/// <param name="ExpiresAt">When the delivered one is expected to expire; null where that is not known.</param>
/// <param name="Invalid">They have to sign in anew: nobody else can do that for them.</param>
public sealed record SignedIn(Verdict Token, DateTimeOffset? ExpiresAt, bool Invalid);

/// <summary>Tells of one person's token and logins: what the sync and their login watch have found becomes incidents. What
/// the login watch repairs by itself, within milliseconds, is none.</summary>
public sealed class CredentialWatch(string user)
{
    /// <summary>Days before a token expires from which on that is an incident.</summary>
    public const int WarnDays = 14;

    /// <summary>What has to be so for so long, in milliseconds, before it is told: a file in the middle of being written
    /// is no logout.</summary>
    private const long Lasts = 10_000;

    private readonly Dictionary<(IncidentKind, string), Latch> _latches = [];
    private (string? Fingerprint, int Generation)? _before;

    /// <summary>What was found last.</summary>
    public SignedIn Now { get; private set; } = new(Verdict.Unknown, null, false);

    /// <param name="truth">What the sync knows.</param>
    /// <param name="report">What their own login watch reports; null where there is none.</param>
    /// <param name="now">The moment.</param>
    /// <param name="at">The same in milliseconds, on a clock that is never set.</param>
    /// <returns>What to report, and what is over.</returns>
    public IReadOnlyList<(Report Report, bool Over)> Observe(
        Truth truth,
        LoginReport? report,
        DateTimeOffset now,
        long at
    )
    {
        var told = new List<(Report, bool)>();
        var probe = report is not null && report.Of == truth.Fingerprint ? report.Probe : ProbeResult.None;
        var refused = truth.Delivered && probe is ProbeResult.Invalid;
        Lasting(told, at, refused, Refused(truth, report));
        var left = (truth.ExpiresAt - now)?.TotalDays;
        Lasting(told, at, left <= WarnDays, Expiring(truth, left ?? 0));
        Lasting(told, at, truth is { Verdict: Verdict.Unknown } && NeedsPerson(truth.Reason), Store(truth));
        var loggedOut = false;
        foreach (var agent in AgentLogin.All)
        {
            var state = report?.Logins.GetValueOrDefault(agent.Agent) ?? LoginState.None;
            // Who has a token does not go by the login.
            var counts = agent != AgentLogin.Claude || !truth.Delivered;
            var dead = state is LoginState.Good && agent == AgentLogin.Claude && probe is ProbeResult.Invalid;
            var gone = counts && (state is LoginState.Wiped or LoginState.Broken || dead);
            loggedOut |= gone;
            Lasting(told, at, gone, Gone(agent.Agent, state, report));
        }
        if (Changed(truth) is { } change)
            told.Add((change, false));
        Now = new SignedIn(truth.Verdict, truth.ExpiresAt, refused || loggedOut);
        return told;
    }

    /// <summary>A reason that does not go away by itself.</summary>
    private static bool NeedsPerson(Reason reason) =>
        reason
            is Reason.ForeignToken
                or Reason.TokenDead
                or Reason.PolicyDenied
                or Reason.VersionWentBack
                or Reason.Malformed
                or Reason.NoRoute
                or Reason.Tls;

    private void Lasting(List<(Report, bool)> told, long at, bool seen, Report report)
    {
        var key = (report.Kind, report.Subject);
        if (!_latches.TryGetValue(key, out var latch))
        {
            if (!seen)
                return;
            _latches[key] = latch = new Latch(Lasts, 0);
        }
        switch (latch.Look(seen, at))
        {
            case Edge.Begins or Edge.On:
                told.Add((report, false));
                break;
            case Edge.Ends:
                told.Add((report with { Outcome = "it is in order again" }, true));
                break;
        }
    }

    private Report? Changed(Truth truth)
    {
        var now = (truth.Fingerprint, truth.Generation);
        var before = _before;
        _before = now;
        if (before is null || before == now)
            return null;
        return truth.Delivered
            ? Token(
                "delivered",
                before.Value.Fingerprint is null
                    ? $"{user} has a token now, which the store did not have before"
                    : $"{user}'s token was replaced by a newer one",
                $"it was delivered as generation {truth.Generation}",
                "what runs keeps the old one until it restarts: berth token status"
            )
            : Token(
                "withdrawn",
                $"{user}'s token was taken away: {TokenFlow.Says(truth.Reason)}",
                "what starts from now on does without it",
                $"if that was not meant: berth token set {user}"
            );
    }

    private Report Refused(Truth truth, LoginReport? report) =>
        Token(
            "invalid",
            $"the provider refuses {user}'s token",
            "it goes on",
            $"mint a new one with 'claude setup-token', then: berth token set {user}"
        ) with
        {
            Lasting = true,
            Evidence = [$"token {truth.Fingerprint}, tried {report?.ProbedAt:yyyy-MM-dd HH:mm}"],
        };

    private Report Expiring(Truth truth, double left) =>
        Token(
            "expiring",
            left <= 0
                ? $"{user}'s token is expected to have expired on {truth.ExpiresAt:yyyy-MM-dd}"
                : $"{user}'s token is expected to expire on {truth.ExpiresAt:yyyy-MM-dd}, in {Words.Count((long)Math.Ceiling(left), "day")}",
            "it goes on",
            $"mint a new one with 'claude setup-token', then: berth token set {user}"
        ) with
        {
            Lasting = true,
        };

    private Report Store(Truth truth) =>
        Token(
            "store",
            $"the store gives no answer about {user}'s token that counts: {TokenFlow.Says(truth.Reason)}",
            "what was delivered stays",
            $"see berth store check {user}"
        ) with
        {
            Lasting = true,
        };

    private Report Gone(string agent, LoginState state, LoginReport? report) =>
        new(
            IncidentKind.Logout,
            user,
            agent,
            state switch
            {
                LoginState.Wiped =>
                    $"{user}'s {agent} has lost its login: agents that refreshed it at once have emptied it",
                LoginState.Broken => $"{user}'s {agent} has lost its login: the file is no JSON",
                _ => $"{user}'s {agent} has lost its login: the provider refuses it",
            },
            "it goes on, and there is no good copy left to put back",
            $"{user} has to sign in to {agent} again",
            report?.LastGood is { } good ? [$"it last worked {good:yyyy-MM-dd HH:mm}"] : []
        )
        {
            Lasting = true,
        };

    private Report Token(string subject, string sentence, string outcome, string next) =>
        new(IncidentKind.Token, user, subject, sentence, outcome, next, []);
}
