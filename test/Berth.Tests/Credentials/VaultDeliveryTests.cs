using Xunit;

namespace Berth.Credentials;

/// <summary>Root's half: what it makes of what berth-sync was told.</summary>
public sealed class VaultDeliveryTests : IAsyncLifetime
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
    public async Task A_store_that_went_back_in_time_is_held_until_a_person_settles_it()
    {
        _box.Set("alice", 'a');
        _box.Set("alice", 'c');
        var sync = _box.Sync();
        await VaultFixture.Pass(sync);
        Assert.Equal(3, _box.Deliver("alice").Version);
        // Restored from a backup that is older than what was delivered.
        _box.Vault.Forget(VaultFixture.Path("alice"));
        _box.Set("alice", 'a');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(Reason.VersionWentBack, _box.Deliver("alice").Reason);
        Assert.Equal(VaultFixture.Token('c'), _box.Delivered("alice"));
        // 'berth token set': what the store says to that verb counts.
        var (heard, _) = await _box.Client.ReadAsync(
            "alice",
            _box.Tokens["alice"],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(Verdict.Present, _box.Deliver("alice", heard).Verdict);
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
    }

    [Fact]
    public async Task What_is_no_token_never_comes_through()
    {
        var sync = await _box.Settled();
        foreach (
            var wrong in (string[])
                ["x", VaultFixture.Token('a') + "\nLD_PRELOAD=/tmp/x", "\uFEFF" + VaultFixture.Token('a')]
        )
        {
            _box.Vault.Put(VaultFixture.Path("alice"), (VaultAnswer.Field, wrong));
            Forward(TokenFlow.LongestPause * 2);
            await VaultFixture.Pass(sync);
            Assert.Equal(Reason.Malformed, _box.Deliver("alice").Reason);
            Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
        }
        Assert.DoesNotContain(_box.Said, line => line.Contains("LD_PRELOAD", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_persons_odd_entry_keeps_nobody_else_from_theirs()
    {
        _box.Vault.Put(
            VaultFixture.Path("alice"),
            (VaultAnswer.Field, VaultFixture.Token('a')),
            (VaultAnswer.MintedField, "9999-12-31T23:59:59Z")
        );
        await VaultFixture.Pass(_box.Sync());
        Assert.Equal(Verdict.Present, _box.Deliver("alice").Verdict);
        Assert.Equal(Verdict.Present, _box.Deliver("bob").Verdict);
        Assert.Equal(VaultFixture.Token('a'), _box.Delivered("alice"));
    }

    [Fact]
    public async Task A_delivery_that_was_cut_short_is_completed_from_its_copy_while_vault_is_away()
    {
        var sync = await _box.Settled();
        // Rotated: the copy was written, the truth was not, and then the host lost its power.
        _box.Copies.Write("alice", VaultFixture.Token('c'), _box.Vault.Clock.GetUtcNow());
        _box.LoseRun();
        Assert.Equal(Verdict.Unknown, _box.Deliver("alice").Verdict);
        Assert.Equal(VaultFixture.Token('c'), _box.Delivered("alice"));
        Assert.Equal(VaultFixture.Token('b'), _box.Delivered("bob") ?? VaultFixture.Token('b'));
        Assert.NotNull(sync);
    }

    [Fact]
    public async Task A_read_back_that_failed_settles_nothing()
    {
        var sync = await _box.Settled();
        _box.Set("alice", 'c');
        Forward(TokenFlow.Poll);
        await VaultFixture.Pass(sync);
        Assert.Equal(2, _box.Deliver("alice").Version);
        _box.Deliver("alice", StoreAnswer.Unknown(Reason.Timeout));
        _box.Answers.Write("alice", new StoreAnswer(Verdict.Present, Reason.Current, 1, VaultFixture.Token('a')));
        Assert.Equal(Reason.VersionWentBack, _box.Deliver("alice").Reason);
        Assert.Equal(VaultFixture.Token('c'), _box.Delivered("alice"));
    }

    [Fact]
    public async Task What_was_answered_about_somebody_who_is_not_asked_about_is_taken_away()
    {
        await _box.Settled();
        Assert.Contains("bob", _box.Answers.People());
        _box.Tokens.Remove("bob");
        using var end = new CancellationTokenSource();
        var running = _box.Sync().RunAsync(end.Token);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.DoesNotContain("bob", _box.Answers.People());
        Assert.Contains("alice", _box.Answers.People());
    }

    /// <summary>What berth-sync may be made to say by somebody who has taken it over: root delivers well-formed tokens
    /// and nothing else.</summary>
    [Fact]
    public void Root_looks_at_every_character_that_berth_sync_left_it()
    {
        _box.Answers.Write(
            "alice",
            new StoreAnswer(Verdict.Present, Reason.Current, 9, VaultFixture.Token('x') + "\nLD_PRELOAD=/tmp/x")
        );
        Assert.Equal(Reason.Malformed, _box.Deliver("alice").Reason);
        Assert.Null(_box.Delivered("alice"));
        Assert.Equal(Reason.NotConnected, _box.Answers.Read("carol").Reason);
        _box.Answers.Write(
            "alice",
            StoreAnswer.Unknown(Reason.ForeignToken, "x\n<0>root: all is well\u001b[2J", TimeSpan.MaxValue)
        );
        var heard = _box.Answers.Read("alice");
        Assert.DoesNotContain(heard.Detail!, c => char.IsControl(c) || c is '<');
        Assert.Null(heard.RetryAfter);
    }
}
