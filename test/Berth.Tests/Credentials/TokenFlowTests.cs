using CsCheck;
using Xunit;

namespace Berth.Credentials;

public class TokenFlowTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string s_token = Token('a');
    private static readonly string s_print = TokenText.Fingerprint(s_token);

    private static string Token(char c) => TokenText.Prefix + new string(c, 95);

    private static Truth With(string token, long version = 3) =>
        new(
            Verdict.Present,
            Reason.Current,
            Version: version,
            Fingerprint: TokenText.Fingerprint(token),
            Generation: 1
        );

    private static Decision Decide(Truth truth, StoreAnswer answer, string? delivered) =>
        TokenFlow.Of(truth, answer, delivered);

    private static readonly Reason[] s_unknown = [.. Enum.GetValues<Reason>().Where(reason => reason >= Reason.Sealed)];

    private static readonly Reason[] s_absent =
    [
        Reason.NeverSet,
        Reason.FieldMissing,
        Reason.Disabled,
        Reason.Deleted,
        Reason.Destroyed,
    ];

    public static TheoryData<Reason, string> EveryUnknownOnEveryDeliveredState()
    {
        var rows = new TheoryData<Reason, string>();
        foreach (var reason in s_unknown)
        {
            foreach (var state in (string[])["none", "matching", "other", "lost"])
                rows.Add(reason, state);
        }
        return rows;
    }

    /// <summary>At most what had been delivered is put back, from its copy.</summary>
    [Theory]
    [MemberData(nameof(EveryUnknownOnEveryDeliveredState))]
    public void What_is_not_known_changes_nothing_that_is_delivered(Reason reason, string state)
    {
        var truth = state is "none" ? new Truth() : With(s_token);
        var delivered = state switch
        {
            "matching" => s_print,
            "other" => "0badc0ffee00",
            _ => null,
        };
        var decision = Decide(truth, StoreAnswer.Unknown(reason), delivered);
        Assert.Equal(state is "lost" or "other" ? Act.Restore : Act.Nothing, decision.Act);
        Assert.Equal(truth.Fingerprint, decision.Truth.Fingerprint);
        Assert.Equal(truth.Version, decision.Truth.Version);
        Assert.Equal((Verdict.Unknown, reason), (decision.Truth.Verdict, decision.Truth.Reason));
    }

    public static TheoryData<Reason> EveryAbsence() => [.. s_absent];

    [Theory]
    [MemberData(nameof(EveryAbsence))]
    public void An_absence_is_believed_when_it_was_proven_twice(Reason reason)
    {
        var once = Decide(With(s_token), StoreAnswer.Absent(reason), s_print);
        Assert.Equal(Act.AskAgain, once.Act);
        Assert.True(once.Truth.Delivered);
        var twice = Decide(once.Truth, StoreAnswer.Absent(reason), s_print);
        Assert.Equal(Act.Withdraw, twice.Act);
        Assert.False(twice.Truth.Delivered);
        Assert.Equal(CredentialEvent.TokenWithdrawn, Assert.Single(twice.Happenings).Event);
    }

    [Theory]
    [MemberData(nameof(EveryAbsence))]
    public void An_absence_that_was_asked_for_twice_before_it_was_told_is_believed(Reason reason) =>
        Assert.Equal(Act.Withdraw, Decide(With(s_token), StoreAnswer.Absent(reason) with { Proofs = 2 }, s_print).Act);

    [Theory]
    [MemberData(nameof(EveryAbsence))]
    public void Without_a_token_an_absence_is_a_no_op(Reason reason)
    {
        var decision = Decide(new Truth(), StoreAnswer.Absent(reason), null);
        Assert.Equal(Act.Nothing, decision.Act);
        Assert.Empty(decision.Happenings);
    }

    [Fact]
    public void A_stale_file_without_a_token_in_the_store_is_removed()
    {
        var once = Decide(new Truth(), StoreAnswer.Absent(Reason.NeverSet), "0badc0ffee00");
        Assert.Equal(Act.Withdraw, Decide(once.Truth, StoreAnswer.Absent(Reason.NeverSet), "0badc0ffee00").Act);
    }

    [Fact]
    public void A_clobbered_entry_is_pointed_out()
    {
        var once = Decide(With(s_token), StoreAnswer.Absent(Reason.FieldMissing), s_print);
        var twice = Decide(once.Truth, StoreAnswer.Absent(Reason.FieldMissing), s_print);
        Assert.Contains("overwritten", Assert.Single(twice.Happenings).Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", Act.Deliver, 1, true)]
    [InlineData("matching", Act.Nothing, 1, false)]
    [InlineData("lost", Act.Deliver, 1, false)]
    [InlineData("damaged", Act.Deliver, 1, false)]
    [InlineData("older", Act.Deliver, 2, true)]
    public void A_present_token_ends_up_delivered(string state, Act act, int generation, bool told)
    {
        var truth = state switch
        {
            "none" => new Truth(),
            "older" => With(Token('b')),
            _ => With(s_token),
        };
        var delivered = state switch
        {
            "matching" => s_print,
            "damaged" => "0badc0ffee00",
            "older" => TokenText.Fingerprint(Token('b')),
            _ => null,
        };
        var decision = Decide(truth, StoreAnswer.Of(s_token, 4, null), delivered);
        Assert.Equal(act, decision.Act);
        Assert.Equal(generation, decision.Truth.Generation);
        Assert.Equal(s_print, decision.Truth.Fingerprint);
        Assert.Equal(4, decision.Truth.Version);
        Assert.Equal(told, decision.Happenings.Any(h => h.Event is CredentialEvent.TokenDelivered));
    }

    [Fact]
    public void A_store_that_goes_back_in_time_is_held_and_asked_about()
    {
        var decision = Decide(With(s_token, 7), StoreAnswer.Of(Token('b'), 6, null), s_print);
        Assert.Equal((Act.Nothing, Reason.VersionWentBack), (decision.Act, decision.Truth.Reason));
        Assert.Equal(s_print, decision.Truth.Fingerprint);
    }

    [Fact]
    public void A_foreign_store_token_is_told_once()
    {
        var answer = StoreAnswer.Unknown(Reason.ForeignToken, "display_name token-box-claude-auth-bob");
        var once = Decide(With(s_token), answer, s_print);
        Assert.Equal(CredentialEvent.ForeignTokenRefused, Assert.Single(once.Happenings).Event);
        Assert.Empty(Decide(once.Truth, answer, s_print).Happenings);
    }

    [Fact]
    public void Failures_are_retried_ever_more_slowly_and_no_faster_than_asked()
    {
        var pauses = Enumerable.Range(1, 12).Select(failures => TokenFlow.Pause(failures, null, 0.5)).ToList();
        Assert.Equal(TokenFlow.Poll, pauses[0]);
        Assert.Equal(TokenFlow.LongestPause, pauses[^1]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromMinutes(20), TokenFlow.Pause(12, TimeSpan.FromMinutes(20), 0.5));
        Assert.Equal(TokenFlow.Poll, TokenFlow.Pause(1, TimeSpan.FromSeconds(1), 0.5));
        Assert.InRange(TokenFlow.Pause(1, null, 7), TokenFlow.Poll, TokenFlow.Poll * 1.25);
    }

    [Theory]
    [InlineData(Verdict.Present)]
    [InlineData(Verdict.Absent)]
    public void An_older_version_is_held_and_what_was_delivered_is_put_back(Verdict verdict)
    {
        var answer =
            verdict is Verdict.Present ? StoreAnswer.Of(Token('b'), 6, null) : StoreAnswer.Absent(Reason.Disabled, 6);
        var lost = Decide(With(s_token, 7), answer with { Proofs = 2 }, null);
        Assert.Equal((Act.Restore, Reason.VersionWentBack), (lost.Act, lost.Truth.Reason));
        Assert.Equal((s_print, 7), (lost.Truth.Fingerprint, lost.Truth.Version));
        // The same token under an older number is no other token.
        Assert.Equal(
            Verdict.Present,
            Decide(With(s_token, 7), StoreAnswer.Of(s_token, 6, null), s_print).Truth.Verdict
        );
        // An entry that is gone with all of its history has no version to go back to.
        var gone = StoreAnswer.Absent(Reason.NeverSet) with
        {
            Proofs = 2,
        };
        Assert.Equal(Act.Withdraw, Decide(With(s_token, 7), gone, s_print).Act);
    }

    /// <summary>Read before the token was disabled, told after it.</summary>
    [Fact]
    public void An_answer_that_was_still_under_way_does_not_bring_a_token_back()
    {
        var disabled = Decide(With(s_token, 3), StoreAnswer.Absent(Reason.Disabled, 4) with { Proofs = 2 }, s_print);
        Assert.Equal(Act.Withdraw, disabled.Act);
        Assert.Equal(Act.Nothing, Decide(disabled.Truth, StoreAnswer.Of(s_token, 3, null), null).Act);
        Assert.Equal(Act.Deliver, Decide(disabled.Truth, StoreAnswer.Of(s_token, 5, null), null).Act);
    }

    [Fact]
    public void A_mint_date_beyond_the_calendar_has_no_forecast()
    {
        var truth = With(s_token) with { MintedAt = DateTimeOffset.MaxValue };
        Assert.Null(truth.ExpiresAt);
        Assert.Empty(TokenFlow.Forecast(truth, s_now).Happenings);
    }

    [Fact]
    public void A_clock_that_was_ahead_has_used_up_no_warning()
    {
        var truth = With(s_token) with { MintedAt = s_now };
        var ahead = TokenFlow.Forecast(truth, s_now.AddDays(800));
        Assert.Single(ahead.Happenings);
        Assert.Empty(TokenFlow.Forecast(ahead.Truth, s_now).Happenings);
        Assert.Single(TokenFlow.Forecast(TokenFlow.Forecast(ahead.Truth, s_now).Truth, s_now.AddDays(340)).Happenings);
    }

    [Fact]
    public void Expiry_is_warned_of_at_30_7_and_1_days_each_once()
    {
        var truth = With(s_token) with { MintedAt = s_now };
        var warned = new List<int>();
        for (var day = 0; day <= 366; day++)
        {
            var decision = TokenFlow.Forecast(truth, s_now.AddDays(day));
            truth = decision.Truth;
            if (decision.Happenings.Count > 0)
                warned.Add(365 - day);
        }
        Assert.Equal([30, 7, 1], warned);
        // A box that was off for eleven months warns once, not three times.
        var late = TokenFlow.Forecast(With(s_token) with { MintedAt = s_now }, s_now.AddDays(365));
        Assert.Single(late.Happenings);
        Assert.Empty(TokenFlow.Forecast(late.Truth, s_now.AddDays(365)).Happenings);
    }

    [Fact]
    public void A_refused_token_is_told_once_and_stays_delivered()
    {
        var once = TokenFlow.Probed(With(s_token), ProbeResult.Invalid, s_now);
        Assert.Equal(CredentialEvent.AuthInvalid, Assert.Single(once.Happenings).Event);
        Assert.True(once.Truth.Delivered);
        Assert.Empty(TokenFlow.Probed(once.Truth, ProbeResult.Invalid, s_now).Happenings);
        // No network is no news: neither good nor bad.
        var unknown = TokenFlow.Probed(once.Truth, ProbeResult.Unknown, s_now.AddDays(1));
        Assert.Equal(ProbeResult.Invalid, unknown.Truth.Probe);
        Assert.Null(unknown.Truth.LastGood);
        Assert.Equal(s_now, TokenFlow.Probed(With(s_token), ProbeResult.Valid, s_now).Truth.LastGood);
    }

    private static readonly Gen<StoreAnswer> s_answers = Gen.OneOf(
        Gen.Int[0, s_unknown.Length - 1].Select(i => StoreAnswer.Unknown(s_unknown[i])),
        Gen.Int[0, s_absent.Length - 1].Select(i => StoreAnswer.Absent(s_absent[i])),
        Gen.Select(Gen.Char['a', 'd'], Gen.Long[1, 9], (c, v) => StoreAnswer.Of(Token(c), v, null)),
        Gen.String.Select(text => StoreAnswer.Of(text, 1, null))
    );

    /// <summary>Plays answers as the daemon does, with a file that does what the acts say.</summary>
    private static IEnumerable<(StoreAnswer Answer, Act Act, string? Before, string? After)> Play(StoreAnswer[] answers)
    {
        var (truth, file) = (new Truth(), (string?)null);
        foreach (var answer in answers)
        {
            var before = file;
            var decision = TokenFlow.Of(truth, answer, file);
            truth = decision.Truth;
            file = decision.Act switch
            {
                Act.Deliver => TokenText.Fingerprint(answer.Token!),
                Act.Withdraw => null,
                Act.Restore => truth.Fingerprint,
                _ => file,
            };
            Assert.Equal(truth.Fingerprint, file);
            yield return (answer, decision.Act, before, file);
        }
    }

    [Fact]
    public void No_sequence_of_unknowns_removes_a_token_and_only_two_proofs_in_a_row_do() =>
        s_answers
            .Array[1, 40]
            .Sample(answers =>
            {
                StoreAnswer? last = null;
                foreach (var (answer, _, before, after) in Play(answers))
                {
                    if (before is not null && after is null)
                    {
                        Assert.Equal(Verdict.Absent, answer.Verdict);
                        Assert.Equal(Verdict.Absent, last!.Verdict);
                    }
                    if (answer.Verdict is Verdict.Unknown)
                        Assert.Equal(before, after);
                    last = answer;
                }
            });

    [Fact]
    public void What_is_delivered_is_only_ever_what_this_persons_store_answered() =>
        Gen.Select(s_answers.Array[1, 20], s_answers.Array[1, 20])
            .Sample(
                (alice, bob) =>
                {
                    // Whatever the order in which two people's answers come, each holds only their own.
                    foreach (var (answers, _) in ((StoreAnswer[], int)[])[(alice, 0), (bob, 1)])
                    {
                        var own = answers
                            .Where(answer => answer.Token is not null)
                            .Select(answer => TokenText.Fingerprint(answer.Token!))
                            .ToHashSet(StringComparer.Ordinal);
                        foreach (var (_, _, _, after) in Play(answers))
                            Assert.True(after is null || own.Contains(after));
                    }
                }
            );
}
