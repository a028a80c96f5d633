using System.Text.Json.Nodes;
using Berth.Doubles.Vault;
using Xunit;

namespace Berth.Credentials;

/// <summary>From Vault to what is delivered: every failure of the facts' list, against the strict double.</summary>
public sealed class VaultSyncTests : IAsyncLifetime
{
    private VaultFixture _box = null!;

    public async ValueTask InitializeAsync()
    {
        _box = (await VaultFixture.Start()).Connect("alice", "bob");
        _box.Set("alice", 'a');
        _box.Set("bob", 'b');
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private void Forward(TimeSpan by) => _box.Vault.Clock.Advance(by);

    [Fact]
    public async Task An_unchanged_entry_costs_one_question_a_poll_and_its_secret_is_not_asked_for()
    {
        var sync = await _box.Settled();
        _box.Vault.ForgetRequests();
        for (var poll = 0; poll < 5; poll++)
        {
            Forward(TokenFlow.Poll);
            Assert.False(await VaultFixture.Pass(sync));
        }
        Assert.Equal(10, _box.Vault.Requests.Count);
        Assert.All(
            _box.Vault.Requests,
            request => Assert.StartsWith("secret/metadata/claude/", request.Path, StringComparison.Ordinal)
        );
        Assert.All(_box.Vault.Requests, request => Assert.True(request.Marked));
        Assert.All(_box.Vault.Requests, request => Assert.Equal("HTTP/2", request.Protocol));
        Assert.Empty(_box.Vault.Unexpected);
    }

    [Fact]
    public async Task A_new_version_is_delivered_with_the_next_poll_and_nobody_else_is_asked_for_a_secret()
    {
        var sync = await _box.Settled();
        _box.Set("alice", 'c');
        _box.Vault.ForgetRequests();
        Forward(TokenFlow.Poll);
        Assert.True(await VaultFixture.Pass(sync));
        Assert.Equal(2, _box.Deliver("alice").Generation);
        Assert.Equal(VaultFixture.Token('c'), _box.Delivered("alice"));
        Assert.Equal(
            ["secret/data/claude/alice"],
            _box.Vault.Requests.Select(request => request.Path)
                .Where(path => path.Contains("/data/", StringComparison.Ordinal))
        );
    }

    public static TheoryData<FaultKind, Reason> WhatTeachesNothing() =>
        new()
        {
            { FaultKind.Sealed, Reason.Sealed },
            { FaultKind.ServerError, Reason.ServerError },
            { FaultKind.BadGateway, Reason.ServerError },
            { FaultKind.Behind, Reason.ServerError },
            { FaultKind.Html, Reason.NotVault },
            { FaultKind.RateLimited, Reason.RateLimited },
            { FaultKind.Denied, Reason.TokenDead },
            { FaultKind.Hang, Reason.Timeout },
            { FaultKind.Redirect, Reason.Redirected },
            { FaultKind.Oversized, Reason.TooLarge },
            { FaultKind.Reset, Reason.Unreachable },
            { FaultKind.Truncated, Reason.NotVault },
        };

    [Theory]
    [MemberData(nameof(WhatTeachesNothing))]
    public async Task What_teaches_nothing_takes_nothing_away_and_is_over_when_it_is_over(FaultKind kind, Reason reason)
    {
        var sync = await _box.Settled();
        _box.Vault.Fault(kind, request => request.Owner?.EndsWith("alice", StringComparison.Ordinal) == true);
        Forward(TokenFlow.Poll);
        Assert.True(await VaultFixture.Pass(sync));
        var truth = _box.Deliver("alice");
        Assert.Equal((Verdict.Unknown, reason), (truth.Verdict, truth.Reason));
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
        // Bob is served meanwhile.
        _box.Set("bob", 'd');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        _box.Deliver("bob");
        Assert.Equal(VaultFixture.Token('d'), _box.Delivered("bob"));
        // A boot while it lasts: the sealed copy is delivered.
        var answers = _box.Answers.Read("alice");
        _box.LoseRun();
        _box.Answers.Write("alice", answers);
        _box.Deliver("alice");
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));

        _box.Vault.Heal();
        Forward(TokenFlow.LongestPause * 2);
        Assert.True(await VaultFixture.Pass(sync));
        Assert.Equal((Verdict.Present, 1), (_box.Deliver("alice").Verdict, _box.Deliver("alice").Generation));
    }

    [Fact]
    public async Task A_skewed_or_slow_store_is_still_the_store()
    {
        var sync = await _box.Settled();
        _box.Vault.Fault(new Fault(FaultKind.ClockSkew, _ => true) { By = TimeSpan.FromDays(-400) });
        _box.Set("alice", 'c');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        _box.Deliver("alice");
        Assert.Equal(VaultFixture.Token('c'), _box.Delivered("alice"));
        _box.Vault.Heal();
        _box.Vault.Fault(new Fault(FaultKind.Slow, _ => true) { By = TimeSpan.FromMilliseconds(200) });
        _box.Set("alice", 'd');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        _box.Deliver("alice");
        Assert.Equal(VaultFixture.Token('d'), _box.Delivered("alice"));
    }

    [Fact]
    public async Task A_limiting_store_is_left_alone_for_as_long_as_it_asks()
    {
        var sync = await _box.Settled();
        _box.Vault.Fault(
            new Fault(FaultKind.RateLimited, request => request.Path.Contains("alice", StringComparison.Ordinal))
            {
                RetryAfter = 1200,
            }
        );
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        _box.Vault.ForgetRequests();
        Forward(TimeSpan.FromSeconds(1100));
        await VaultFixture.Pass(sync);
        Assert.DoesNotContain(_box.Vault.Requests, request => request.Path.Contains("alice", StringComparison.Ordinal));
        Forward(TimeSpan.FromSeconds(101));
        await VaultFixture.Pass(sync);
        Assert.Contains(_box.Vault.Requests, request => request.Path.Contains("alice", StringComparison.Ordinal));
    }

    public static TheoryData<string, Reason> Absences() =>
        new()
        {
            { "soft-deleted", Reason.Deleted },
            { "destroyed", Reason.Destroyed },
            { "gone", Reason.NeverSet },
            { "disabled", Reason.Disabled },
            { "clobbered", Reason.FieldMissing },
        };

    [Theory]
    [MemberData(nameof(Absences))]
    public async Task A_proven_absence_is_asked_for_twice_and_withdraws(string how, Reason reason)
    {
        var sync = await _box.Settled();
        var path = VaultFixture.Path("alice");
        switch (how)
        {
            case "soft-deleted":
                _box.Vault.SoftDelete(path);
                break;
            case "destroyed":
                _box.Vault.Destroy(path);
                break;
            case "gone":
                _box.Vault.Forget(path);
                break;
            case "disabled":
                _box.Vault.Put(path, (VaultAnswer.Field, ""));
                break;
            default:
                _box.Vault.Put(path, ("sibling", "alone"));
                break;
        }
        _box.Vault.ForgetRequests();
        Forward(TokenFlow.Poll);
        Assert.True(await VaultFixture.Pass(sync));
        var truth = _box.Deliver("alice");
        Assert.Equal((Verdict.Absent, reason), (truth.Verdict, truth.Reason));
        Assert.Null(_box.Delivered("alice"));
        Assert.Contains(_box.Told, happening => happening.Event is CredentialEvent.TokenWithdrawn);
        Assert.Equal(
            [
                "auth/token/lookup-self",
                "secret/data/claude/alice",
                "auth/token/lookup-self",
                "secret/data/claude/alice",
            ],
            _box.Vault.Requests.Where(request => !request.Path.Contains("metadata", StringComparison.Ordinal))
                .Select(request => request.Path)
        );
        // Nobody brings it back, also not over a boot, and the next one is a new generation.
        _box.LoseRun();
        var again = _box.Sync();
        await VaultFixture.Pass(again);
        _box.Deliver("alice");
        Assert.Null(_box.Delivered("alice"));
        _box.Set("alice", 'e');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(again);
        Assert.Equal(2, _box.Deliver("alice").Generation);
    }

    [Fact]
    public async Task An_absence_that_is_not_repeated_is_no_absence()
    {
        var sync = await _box.Settled();
        _box.Vault.SoftDelete(VaultFixture.Path("alice"));
        var reads = 0;
        // The second proof finds a store that has just been sealed.
        _box.Vault.Fault(
            FaultKind.Sealed,
            request => request.Path == "secret/data/claude/alice" && Interlocked.Increment(ref reads) == 2
        );
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(Reason.Sealed, _box.Deliver("alice").Reason);
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
    }

    [Fact]
    public async Task A_deletion_set_for_later_takes_effect_then()
    {
        var sync = await _box.Settled();
        _box.Vault.SoftDelete(VaultFixture.Path("alice"), _box.Vault.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(Verdict.Present, _box.Deliver("alice").Verdict);
        Forward(TimeSpan.FromHours(2));
        await VaultFixture.Pass(sync);
        Assert.Equal(Reason.Deleted, _box.Deliver("alice").Reason);
        Assert.Null(_box.Delivered("alice"));
    }

    [Fact]
    public async Task A_policy_that_is_gone_is_named_and_a_mount_that_is_wrong_is_a_fault_of_the_roster()
    {
        var sync = await _box.Settled();
        _box.Vault.WritePolicy(VaultAnswer.Policy("alice"), "");
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        var truth = _box.Deliver("alice");
        Assert.Equal((Reason.PolicyDenied, "policy workstation-claude-alice"), (truth.Reason, truth.Detail));
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));

        using var http = new VaultHttp(_box.Settings with { Path = "nowhere/{user}" });
        var lost = new VaultClient(_box.Settings with { Path = "nowhere/{user}" }, VaultFixture.Host, http);
        _box.Vault.WritePolicy(VaultAnswer.Policy("alice"), "path \"nowhere/*\" { capabilities = [\"read\"] }");
        var (answer, _) = await lost.ReadAsync("alice", _box.Tokens["alice"], TestContext.Current.CancellationToken);
        Assert.Equal(Reason.NoRoute, answer.Reason);
    }

    [Fact]
    public async Task A_foreign_store_token_reads_nothing_and_two_people_never_mix()
    {
        (_box.Tokens["alice"], _box.Tokens["bob"]) = (_box.Tokens["bob"], _box.Tokens["alice"]);
        await VaultFixture.Pass(_box.Sync());
        Assert.Equal(Reason.ForeignToken, _box.Deliver("alice").Reason);
        Assert.Equal(Reason.ForeignToken, _box.Deliver("bob").Reason);
        Assert.Equal(2, _box.Told.Count(happening => happening.Event is CredentialEvent.ForeignTokenRefused));
        Assert.Null(_box.Delivered("alice"));
        Assert.Null(_box.Delivered("bob"));
        Assert.DoesNotContain(
            _box.Vault.Requests,
            request => request.Path.Contains("/data/", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_dead_store_token_is_said_and_a_new_one_settles_it()
    {
        var sync = await _box.Settled();
        _box.Vault.Revoke(_box.Tokens["alice"]);
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(Reason.TokenDead, _box.Deliver("alice").Reason);
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
        _box.Connect("alice");
        await VaultFixture.Pass(_box.Sync());
        Assert.Equal(Verdict.Present, _box.Deliver("alice").Verdict);
    }

    [Fact]
    public async Task Store_tokens_are_renewed_at_half_of_their_life_and_live_on()
    {
        var sync = await _box.Settled();
        for (var day = 0; day < 100; day++)
        {
            Forward(TimeSpan.FromDays(1));
            await VaultFixture.Pass(sync);
        }
        // Three lives of 32 days: without renewals both would be dead.
        Assert.InRange(_box.Vault.Requests.Count(request => request.Path == "auth/token/renew-self"), 2 * 5, 2 * 8);
        _box.Set("alice", 'f');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(Verdict.Present, _box.Deliver("alice").Verdict);
        Assert.Equal(VaultFixture.Token('f'), _box.Delivered("alice"));
    }
}
