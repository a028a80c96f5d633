using Berth.Host;
using Xunit;

namespace Berth.Credentials;

/// <summary>The local store, the truth and the delivery together, below a folder that stands for /.</summary>
public sealed class TokenSyncTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string s_token = TokenText.Prefix + new string('s', 95);
    private static readonly int s_me = (int)Native.EffectiveUser();
    private readonly TemporaryFolder _root = new();
    private readonly LocalStore _store;
    private readonly Deliveries _deliveries;
    private readonly TokenSync _sync;

    public TokenSyncTests()
    {
        var paths = new HostPaths(_root.Path);
        var files = new Files(paths);
        _store = new LocalStore(paths, files, ProcessRunner.Default);
        _deliveries = new Deliveries(paths, files);
        _sync = new TokenSync(_store, _deliveries, new TruthFile(files));
    }

    public void Dispose() => _root.Dispose();

    private string At(string path) => Path.Join(_root.Path, path);

    private string Entry(string user) => At($"{LocalStore.Folder}/{user}.json");

    [Fact]
    public void A_token_goes_from_the_store_to_its_owner_and_back()
    {
        _store.Write("alice", s_token, s_now);
        var (truth, told, failure) = _sync.Run("alice", s_me, s_now);
        Assert.Null(failure);
        Assert.Equal((Verdict.Present, 1), (truth.Verdict, truth.Generation));
        Assert.Equal(CredentialEvent.TokenDelivered, Assert.Single(told).Event);
        Assert.Equal((s_token, 1), TokenFile.Parse(File.ReadAllText(At(TokenFile.UserPath("alice")))));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(At(TokenFile.UserPath("alice"))));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(At(TokenFile.UnitPath("alice"))));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(Entry("alice")));
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(At(LocalStore.Folder)));
        Assert.Equal(["alice"], _deliveries.Owners());

        Assert.Empty(_sync.Run("alice", s_me, s_now).Happenings);
        _store.Write("alice", "", s_now);
        var disabled = _sync.Run("alice", s_me, s_now);
        Assert.Equal((Verdict.Absent, Reason.Disabled), (disabled.Truth.Verdict, disabled.Truth.Reason));
        Assert.False(File.Exists(At(TokenFile.UserPath("alice"))));
        Assert.False(File.Exists(At(TokenFile.UnitPath("alice"))));
    }

    [Theory]
    [InlineData("{\"version\":1,\"setup_token\":")]
    [InlineData("")]
    [InlineData("{\"version\":\"x\",\"setup_token\":\"\"}")]
    [InlineData("{\"version\":2,\"setup_token\":\"sk-ant-oat01-no\"}")]
    public void An_entry_that_cannot_be_read_takes_nothing_away(string damage)
    {
        _store.Write("alice", s_token, s_now);
        _sync.Run("alice", s_me, s_now);
        File.WriteAllText(Entry("alice"), damage);
        var (truth, _, _) = _sync.Run("alice", s_me, s_now);
        Assert.Equal(Verdict.Unknown, truth.Verdict);
        Assert.Equal(TokenText.Fingerprint(s_token), _deliveries.Fingerprint("alice", s_me));
    }

    [Fact]
    public void A_lost_or_damaged_delivery_is_made_whole_without_a_new_generation()
    {
        _store.Write("alice", s_token, s_now);
        _sync.Run("alice", s_me, s_now);
        File.Delete(At(TokenFile.UserPath("alice")));
        Assert.Equal("partial", _deliveries.Fingerprint("alice", s_me));
        Assert.Empty(_sync.Run("alice", s_me, s_now).Happenings);
        Assert.True(File.Exists(At(TokenFile.UserPath("alice"))));
        File.WriteAllText(At(TokenFile.UnitPath("alice")), "LD_PRELOAD=/x\n");
        Assert.Equal("damaged", _deliveries.Fingerprint("alice", s_me));
        Assert.Equal(1, _sync.Run("alice", s_me, s_now).Truth.Generation);
        Assert.Equal(TokenText.Fingerprint(s_token), _deliveries.Fingerprint("alice", s_me));
    }

    [Fact]
    public void Somebody_without_an_account_is_said_and_the_others_are_served()
    {
        _store.Write("ghost", s_token, s_now);
        Assert.Contains("no account", _sync.Run("ghost", null, s_now).Failure, StringComparison.Ordinal);
        Assert.Empty(_deliveries.Owners());
    }

    [Fact]
    public void Other_keys_of_an_entry_stay_and_its_version_grows()
    {
        _root.Write($"{LocalStore.Folder}/alice.json", "{\"version\":4,\"note\":\"hers\"}");
        Assert.Equal(Reason.FieldMissing, _store.Read("alice").Reason);
        _store.Write("alice", s_token, s_now);
        Assert.Equal(5, _store.Read("alice").Version);
        Assert.Contains("\"note\":\"hers\"", File.ReadAllText(Entry("alice")), StringComparison.Ordinal);
    }
}
