using System.Text.Json.Nodes;
using Xunit;

namespace Berth.Credentials;

/// <summary>The refresh race, reproduced: eight agents share one login; the provider rotates the refresh token at each
/// use; whoever comes second is refused and writes an empty login, as the real clients do (facts: credentials).</summary>
public sealed class RaceTests : IDisposable
{
    private const int Agents = 8;
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _home = new();
    private readonly List<Happening> _told = [];

    private string Login => Path.Join(_home.Path, ".claude/.credentials.json");

    public RaceTests() => Directory.CreateDirectory(Path.Join(_home.Path, ".claude"));

    public void Dispose() => _home.Dispose();

    /// <summary>A token endpoint that rotates: each refresh token is good for one use.</summary>
    private sealed class Provider
    {
        private readonly Lock _lock = new();
        private int _current = 1;

        public string Current => $"refresh-{_current}";

        public string? Rotate(string refresh)
        {
            lock (_lock)
            {
                if (refresh != $"refresh-{_current}")
                    return null;
                _current++;
                return $"refresh-{_current}";
            }
        }
    }

    private static JsonObject File(string refresh, long expires) =>
        new()
        {
            ["claudeAiOauth"] = new JsonObject
            {
                ["accessToken"] = refresh.Length == 0 ? "" : $"access-{refresh}",
                ["refreshToken"] = refresh,
                ["expiresAt"] = expires,
                ["refreshTokenExpiresAt"] = 4102444800000,
                ["scopes"] = new JsonArray("user:inference"),
            },
            ["mcpOAuth"] = new JsonObject { ["tracker"] = "kept" },
        };

    private void Write(JsonObject content)
    {
        var temporary = $"{Login}.{Guid.NewGuid():N}";
        System.IO.File.WriteAllText(temporary, content.ToJsonString());
        System.IO.File.Move(temporary, Login, overwrite: true);
    }

    private string Refresh() =>
        (string?)AgentLogin.Parse(System.IO.File.ReadAllText(Login))?["claudeAiOauth"]?["refreshToken"] ?? "";

    /// <summary>Eight agents whose access token has just expired.</summary>
    private async Task Race(Provider provider)
    {
        using var read = new Barrier(Agents);
        var won = new TaskCompletionSource();
        await Task.WhenAll(
            Enumerable
                .Range(0, Agents)
                .Select(_ =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            var mine = Refresh();
                            read.SignalAndWait();
                            if (provider.Rotate(mine) is { } next)
                            {
                                Write(File(next, DateTimeOffset.UtcNow.AddHours(8).ToUnixTimeMilliseconds()));
                                // The refusals arrive a moment after the winner's answer.
                                Thread.Sleep(300);
                                won.SetResult();
                                return;
                            }
                            won.Task.Wait();
                            Write(File("", 0));
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                )
        );
    }

    private LoginWatch Watch(string? copy = null, Action<string>? complain = null) =>
        new(
            _home.Path,
            Path.Join(_home.Path, "state"),
            null,
            TimeProvider.System,
            happening =>
            {
                lock (_told)
                    _told.Add(happening);
            },
            complain ?? (says => Assert.Fail(says)),
            copy
        );

    [Fact]
    public async Task Without_berth_the_race_logs_everybody_out()
    {
        var provider = new Provider();
        Write(File(provider.Current, 1));
        await Race(provider);
        Assert.Equal("", Refresh());
    }

    [Fact]
    public async Task With_the_watch_the_wiped_login_is_the_winners_again_and_its_siblings_stay()
    {
        var provider = new Provider();
        Write(File(provider.Current, 1));
        using var end = new CancellationTokenSource();
        var watching = Task.Factory.StartNew(
            () => Watch().Run(() => null, end.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        // It has its first copy before the agents meet.
        Assert.True(
            SpinWait.SpinUntil(() => System.IO.File.Exists(Path.Join(_home.Path, "state/claude.json")), s_bound)
        );
        await Race(provider);
        Assert.True(SpinWait.SpinUntil(() => Refresh() == provider.Current, s_bound), Refresh());
        Assert.Equal("kept", (string?)AgentLogin.Parse(System.IO.File.ReadAllText(Login))!["mcpOAuth"]!["tracker"]);
        lock (_told)
            Assert.Contains(_told, happening => happening.Event is CredentialEvent.RaceWiped);
        await end.CancelAsync();
        await watching;
    }

    [Fact]
    public void A_login_that_is_wiped_again_and_again_ends_in_one_alarm()
    {
        var watch = Watch();
        Write(File("dead", 5));
        watch.Look(null);
        for (var i = 0; i < RestoreBudget.Most + 10; i++)
        {
            Write(File("", 0));
            watch.Look(null);
        }
        Assert.Equal(RestoreBudget.Most, _told.Count(told => told.Event is CredentialEvent.AuthRestored));
        Assert.Single(_told, told => told.Event is CredentialEvent.AuthInvalid);
        Assert.DoesNotContain(_told, told => told.Says.Contains("dead", StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_signed_out_on_purpose_stays_signed_out()
    {
        var watch = Watch();
        Write(File("r", 5));
        watch.Look(null);
        System.IO.File.Delete(Login);
        watch.Look(null);
        Assert.False(System.IO.File.Exists(Login));
        Write(new JsonObject { ["mcpOAuth"] = new JsonObject() });
        watch.Look(null);
        Assert.DoesNotContain("claudeAiOauth", System.IO.File.ReadAllText(Login), StringComparison.Ordinal);
        Assert.Empty(_told);
    }

    [Fact]
    public void A_link_in_the_place_of_the_login_is_neither_read_nor_written_through()
    {
        var other = Path.Join(_home.Path, "other.json");
        System.IO.File.WriteAllText(other, File("", 0).ToJsonString());
        var watch = Watch();
        Write(File("r", 5));
        watch.Look(null);
        System.IO.File.Delete(Login);
        System.IO.File.CreateSymbolicLink(Login, other);
        watch.Look(null);
        Assert.Contains("\"refreshToken\":\"\"", System.IO.File.ReadAllText(other), StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_token_a_wiped_login_alarms_nobody_and_is_left_alone()
    {
        var watch = Watch();
        Write(File("r", 5));
        watch.Look(null);
        Write(File("", 0));
        watch.Look((TokenText.Prefix + new string('t', 95), 1));
        Assert.Empty(_told);
        Assert.Equal("", Refresh());
        // Without it the login is looked after again.
        watch.Look(null);
        Assert.Equal("r", Refresh());
    }

    [Fact]
    public void The_copy_of_a_token_follows_it_and_goes_with_it()
    {
        var copy = Path.Join(_home.Path, ".config/claude-oauth.env");
        var watch = Watch(copy);
        var (first, second) = (TokenText.Prefix + new string('a', 95), TokenText.Prefix + new string('b', 95));
        watch.Look((first, 1));
        Assert.Equal(TokenFile.Render(first, 1), System.IO.File.ReadAllText(copy));
        Assert.Equal((UnixFileMode)0x180, System.IO.File.GetUnixFileMode(copy));
        watch.Look((second, 2));
        Assert.Equal(TokenFile.Render(second, 2), System.IO.File.ReadAllText(copy));
        watch.Look(null);
        Assert.False(System.IO.File.Exists(copy));
        // What a person keeps there themselves is not taken away.
        System.IO.File.WriteAllText(copy, "MINE=1\n");
        watch.Look(null);
        Assert.Equal("MINE=1\n", System.IO.File.ReadAllText(copy));
    }

    /// <summary>A folder in the place of a file: what even root cannot write.</summary>
    [Fact]
    public void What_cannot_be_written_for_one_agent_is_said_once_and_the_others_are_served()
    {
        var said = new List<string>();
        var watch = Watch(complain: said.Add);
        Write(File("r", 5));
        Directory.CreateDirectory(Path.Join(_home.Path, "state/claude.json.new/in-the-way"));
        Directory.CreateDirectory(Path.Join(_home.Path, ".codex"));
        System.IO.File.WriteAllText(
            Path.Join(_home.Path, ".codex/auth.json"),
            """{"tokens":{"access_token":"a","refresh_token":"r"},"last_refresh":"2026-01-01T00:00:00Z"}"""
        );
        watch.Look(null);
        watch.Look(null);
        Assert.Contains("claude", Assert.Single(said), StringComparison.Ordinal);
        Assert.True(System.IO.File.Exists(Path.Join(_home.Path, "state/codex.json")));
        Directory.Delete(Path.Join(_home.Path, "state/claude.json.new"), recursive: true);
        watch.Look(null);
        Assert.True(System.IO.File.Exists(Path.Join(_home.Path, "state/claude.json")));
    }
}
