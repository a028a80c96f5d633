using System.Text.Json.Nodes;
using Berth.Doubles.Vault;
using Berth.Host;
using Berth.Rosters;
using Xunit;

namespace Berth.Credentials;

/// <summary>The strict double of Vault, what speaks to it, and what delivers: everything but systemd.</summary>
public sealed class VaultFixture : IAsyncDisposable
{
    public const string Host = "box";
    private readonly TemporaryFolder _root = new();
    private readonly VaultHttp _http;
    private readonly Files _files;

    private VaultFixture(VaultDouble vault, string? space, string? ca)
    {
        Vault = vault;
        Space = space;
        var paths = new HostPaths(_root.Path);
        _files = new Files(paths);
        Settings = new StoreSettings("vault", vault.Address, "secret/claude/{user}", space, ca ?? vault.CaFile);
        _http = new VaultHttp(Settings, patience: TimeSpan.FromSeconds(5));
        Client = new VaultClient(Settings, Host, _http);
        Answers = new VaultAnswers(_files, "/run/sync", Tokens.ContainsKey);
        Deliveries = new Deliveries(paths, _files);
        Copies = new LocalStore(paths, _files, ProcessRunner.Default, LocalStore.Copies);
        Root = new TokenSync(Answers, Deliveries, new TruthFile(_files), Copies);
    }

    public static async Task<VaultFixture> Start(string? space = null, string? ca = null) =>
        new(await VaultDouble.Start(new VaultOptions { Namespaces = space is null ? [] : [space] }), space, ca);

    public VaultDouble Vault { get; }
    public string? Space { get; }
    public StoreSettings Settings { get; }
    public VaultClient Client { get; }
    public VaultAnswers Answers { get; }
    public Deliveries Deliveries { get; }
    public LocalStore Copies { get; }
    public TokenSync Root { get; }
    public Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal);
    public List<string> Said { get; } = [];

    public VaultAdmin Admin(string token) => new(Settings, Host, _http, token);

    public static string Token(char c) => TokenText.Prefix + new string(c, 95);

    public static string Path(string user) => $"secret/claude/{user}";

    /// <summary>Gives people their scoped tokens, as 'berth store setup' does.</summary>
    public VaultFixture Connect(params IReadOnlyList<string> users)
    {
        foreach (var user in users)
        {
            Vault.WritePolicy(
                VaultAnswer.Policy(user),
                VaultAnswer.PolicyText("secret", $"claude/{user}"),
                Space ?? ""
            );
            Tokens[user] = Vault.Mint(
                $"{Host}-claude-auth-{user}",
                [VaultAnswer.Policy(user)],
                TimeSpan.FromHours(768),
                space: Space ?? ""
            );
        }
        return this;
    }

    public void Set(string user, char token) =>
        Vault.Put(Path(user), new JsonObject { [VaultAnswer.Field] = Token(token), ["sibling"] = "kept" }, Space ?? "");

    /// <summary>A berth-sync with what it was handed.</summary>
    public VaultSync Sync() => new(Client, Answers, Tokens, Vault.Clock, (user, says) => Said.Add($"{user}: {says}"));

    public static Task<bool> Pass(VaultSync sync) => sync.PassAsync(TestContext.Current.CancellationToken);

    /// <summary>Everybody asked and delivered once: alice has a, bob b.</summary>
    public async Task<VaultSync> Settled()
    {
        var sync = Sync();
        Assert.True(await Pass(sync));
        Assert.Equal(Verdict.Present, Deliver("alice").Verdict);
        Assert.Equal(Verdict.Present, Deliver("bob").Verdict);
        Assert.Equal(Token('a'), Delivered("alice"));
        Assert.Equal(Token('b'), Delivered("bob"));
        return sync;
    }

    /// <summary>Root's pass over one person.</summary>
    public Truth Deliver(string user, StoreAnswer? heard = null)
    {
        var (truth, told, failure) = Root.Run(user, (int)Native.EffectiveUser(), Vault.Clock.GetUtcNow(), heard);
        Assert.Null(failure);
        Told.AddRange(told);
        return truth;
    }

    public List<Happening> Told { get; } = [];

    /// <summary>The delivered token; null for none.</summary>
    public string? Delivered(string user) =>
        _files.Text(TokenFile.UserPath(user)) is { } text ? TokenFile.Parse(text)?.Token : null;

    /// <summary>As after a boot.</summary>
    public void LoseRun() => Directory.Delete(System.IO.Path.Join(_root.Path, "run"), recursive: true);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Vault.DisposeAsync();
        _root.Dispose();
    }
}
