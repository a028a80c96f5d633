using Berth.Credentials;
using Berth.Host;
using Berth.Recording;
using Xunit;

namespace Berth.Incidents;

public sealed class CredentialWatchTests
{
    private static readonly DateTimeOffset s_now = Scene.Noon;
    private static readonly Truth s_token = new(
        Verdict.Present,
        Reason.Current,
        Fingerprint: "ab12",
        Generation: 1,
        MintedAt: s_now.AddDays(-10)
    );

    private static LoginReport Report(
        LoginState claude = LoginState.None,
        ProbeResult probe = ProbeResult.None,
        string? of = null,
        LoginState codex = LoginState.None
    ) =>
        new(
            new Dictionary<string, LoginState>(StringComparer.Ordinal) { ["claude"] = claude, ["codex"] = codex },
            probe,
            of,
            s_now
        );

    /// <summary>Looks every 15 s, as the recorder does.</summary>
    private static List<string> Look(
        CredentialWatch watch,
        Truth truth,
        LoginReport? report,
        int times = 3,
        int from = 0
    )
    {
        var told = new List<string>();
        for (var i = from; i < from + times; i++)
            foreach (var (one, over) in watch.Observe(truth, report, s_now, i * 15_000L))
                told.Add($"{(over ? "over " : "")}{Incident.Name(one.Kind)} {one.Subject}: {one.Sentence}");
        return [.. told.Distinct()];
    }

    [Fact]
    public void Who_is_signed_in_and_all_is_well_is_no_incident()
    {
        var watch = new CredentialWatch("alice");
        Assert.Empty(Look(watch, s_token, Report(probe: ProbeResult.Valid, of: "ab12")));
        Assert.Equal(new SignedIn(Verdict.Present, s_token.ExpiresAt, false), watch.Now);
        Assert.Empty(
            Look(new CredentialWatch("bob"), new Truth(Verdict.Absent, Reason.NeverSet), Report(LoginState.Good))
        );
        Assert.Empty(Look(new CredentialWatch("bob"), new Truth(), null));
    }

    [Fact]
    public void A_token_that_the_provider_refuses_is_one_until_a_newer_one_works()
    {
        var watch = new CredentialWatch("alice");
        var refused = Report(probe: ProbeResult.Invalid, of: "ab12");
        Assert.Equal(["token invalid: the provider refuses alice's token"], Look(watch, s_token, refused));
        Assert.True(watch.Now.Invalid);
        var newer = s_token with { Fingerprint = "cd34", Generation = 2 };
        // What was probed was the older one: nothing is known of the newer one, and nobody is alarmed about it.
        Assert.Equal(
            [
                "over token invalid: the provider refuses alice's token",
                "token delivered: alice's token was replaced by a newer one",
            ],
            Look(watch, newer, refused, from: 3)
        );
        Assert.False(watch.Now.Invalid);
    }

    [Fact]
    public void A_login_that_was_wiped_and_stays_so_is_a_logout()
    {
        var watch = new CredentialWatch("bob");
        var none = new Truth(Verdict.Absent, Reason.NeverSet);
        Assert.Equal(
            ["logout claude: bob's claude has lost its login: agents that refreshed it at once have emptied it"],
            Look(watch, none, Report(LoginState.Wiped))
        );
        Assert.Equal(
            ["over logout claude: bob's claude has lost its login: the provider refuses it"],
            [.. Look(watch, none, Report(LoginState.Good), from: 3).Select(line => line)]
        );
    }

    [Fact]
    public void One_look_in_the_middle_of_a_repair_is_none()
    {
        var watch = new CredentialWatch("bob");
        var none = new Truth(Verdict.Absent, Reason.NeverSet);
        Assert.Empty(Look(watch, none, Report(LoginState.Wiped), times: 1));
        Assert.Empty(Look(watch, none, Report(LoginState.Good), from: 1));
        Assert.Empty(Look(watch, none, Report(LoginState.Broken), times: 1, from: 4));
    }

    [Fact]
    public void Who_has_a_token_does_not_go_by_the_login_of_that_agent()
    {
        var watch = new CredentialWatch("alice");
        Assert.Empty(Look(watch, s_token, Report(LoginState.Wiped, ProbeResult.Valid, "ab12")));
        Assert.Equal(
            ["logout codex: alice's codex has lost its login: the file is no JSON"],
            Look(watch, s_token, Report(LoginState.Wiped, ProbeResult.Valid, "ab12", LoginState.Broken), from: 3)
        );
    }

    [Fact]
    public void A_login_that_looks_good_and_is_refused_is_a_logout_too() =>
        Assert.Equal(
            ["logout claude: bob's claude has lost its login: the provider refuses it"],
            Look(new CredentialWatch("bob"), new Truth(), Report(LoginState.Good, ProbeResult.Invalid))
        );

    [Theory]
    [InlineData(13, "token expiring: alice's token is expected to expire on 2026-12-08, in 13 days")]
    [InlineData(-1, "token expiring: alice's token is expected to have expired on 2026-11-24")]
    [InlineData(15, null)]
    public void The_end_of_a_token_is_forecast(int days, string? told) =>
        Assert.Equal(
            told is null ? [] : [told],
            Look(new CredentialWatch("alice"), s_token with { MintedAt = s_now.AddDays(days - 365) }, null)
        );

    [Fact]
    public void A_token_that_comes_changes_or_goes_is_told_once()
    {
        var watch = new CredentialWatch("alice");
        Assert.Empty(Look(watch, new Truth(Verdict.Absent, Reason.NeverSet), null));
        Assert.Equal(
            ["token delivered: alice has a token now, which the store did not have before"],
            Look(watch, s_token, null, from: 3)
        );
        Assert.Equal(
            ["token withdrawn: alice's token was taken away: deleted in the store"],
            Look(watch, new Truth(Verdict.Absent, Reason.Deleted), null, from: 6)
        );
    }

    [Theory]
    [InlineData(Reason.ForeignToken, true)]
    [InlineData(Reason.TokenDead, true)]
    [InlineData(Reason.Unreachable, false)]
    [InlineData(Reason.Sealed, false)]
    public void A_store_that_needs_a_person_is_one_and_a_store_that_is_away_is_not(Reason reason, bool told) =>
        Assert.Equal(
            told ? 1 : 0,
            Look(new CredentialWatch("alice"), s_token with { Verdict = Verdict.Unknown, Reason = reason }, null).Count
        );

    /// <summary>A report is its person's own file: what it says is about them, and it names no agents of its own.</summary>
    [Fact]
    public void A_report_that_was_made_up_tells_nothing_of_its_own()
    {
        var forged = new LoginReport(
            new Dictionary<string, LoginState>(StringComparer.Ordinal) { ["\u001b[2Jroot"] = LoginState.Wiped }
        );
        Assert.Empty(Look(new CredentialWatch("mallory"), new Truth(), forged));
    }

    [Fact]
    public void Drift_within_an_hour_is_the_same_incident()
    {
        var first = PairingDrift.Next(null, "alice", "answered 418", 1, s_now);
        var second = PairingDrift.Next(first, "alice", "answered 419", 3, s_now.AddMinutes(30));
        Assert.Equal((first.Start, 4, 2), (second.Start, second.Count, second.Evidence.Count));
        var third = PairingDrift.Next(second, "alice", "answered 418", 1, s_now.AddMinutes(100));
        Assert.Equal((s_now.AddMinutes(100), 1), (third.Start, third.Count));
    }

    [Fact]
    public void What_the_gateway_tells_of_drift_is_written_down_once_and_fit_to_be_shown()
    {
        using var root = new TemporaryFolder();
        var paths = new HostPaths(root.Path);
        var clock = new Gateway.HandClock();
        var book = new DriftBook(paths, clock, line => Assert.Fail(line));
        for (var i = 0; i < 500; i++)
            book.Tell("alice", "answered \u001b[31m" + new string('x', 5000));
        clock.Advance(TimeSpan.FromSeconds(30));
        book.Tell("alice", "again");
        book.Tell("bob", "x");
        using var store = IncidentStore.Read(paths[IncidentStore.Path])!;
        var found = store.Find(new IncidentQuery());
        Assert.Equal([("alice", 501), ("bob", 1)], found.Select(one => (one.User!, one.Count)).Order());
        Assert.All(
            found.SelectMany(one => one.Evidence),
            line => Assert.True(line.Length <= PairingDrift.LongestNote && !line.Any(char.IsControl))
        );
    }
}
