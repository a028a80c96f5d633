using System.Diagnostics;
using Berth.Servers;
using Xunit;

namespace Berth.Embedded;

/// <summary>One server of <c>berth up</c> that cannot be started: that is told when it happens, and tried again.</summary>
public sealed class EmbeddedServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-server-").FullName;
    private readonly StringWriter _told = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _told.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cap_that_cannot_be_put_on_it_is_told_and_the_server_is_tried_again(bool isIo)
    {
        var tries = 0;
        using var server = Server(Path.Join(AppContext.BaseDirectory, "berth"));
        server.Start(_ =>
        {
            if (++tries == 1)
                throw isIo ? new IOException("no room for a cgroup") : new UnauthorizedAccessException("no cgroup");
        });
        await Until("its server was not started, its cap cannot be put on it: no ");
        await Until(() => server.ServerPid != 0);
        Assert.Equal(2, tries);
        await server.EndAsync();
        Assert.Equal(0, server.HoldPid);
    }

    [Fact]
    public async Task A_hold_that_cannot_be_run_is_told_at_once_and_ending_it_is_no_failure()
    {
        using var server = Server(Path.Join(_folder, "gone"));
        server.Start(_ => { });
        await Until("alice: its server was not started: ");
        await server.EndAsync();
    }

    [Fact]
    public async Task Secrets_that_cannot_be_kept_are_told_and_nothing_is_started()
    {
        using var server = Server(Path.Join(AppContext.BaseDirectory, "berth"), Presets.OpenCode.Name);
        Directory.CreateDirectory(Path.Join(_folder, "users", "alice", "secrets.env"));
        server.Start(_ => Assert.Fail("there is nothing to put a cap on"));
        await Until("alice: its server was not started: ");
        await server.EndAsync();
    }

    private EmbeddedServer Server(string program, string preset = "custom") =>
        new(
            new Placement("alice", Settings(preset), 1, 1 << 30),
            new StateFolder(_folder),
            new EngineView(json: false, TextWriter.Synchronized(_told))
        )
        {
            Program = program,
        };

    private static Rosters.ServerSettings Settings(string preset)
    {
        var text = $"servers: {{s: {{preset: {preset}, ports: 4000-, command: [sleep, '600']}}}}\nusers: {{}}\n";
        return Rosters.RosterReader.Read(new Rosters.RosterText("roster.yaml", text), []).Roster!.Servers["s"];
    }

    private Task Until(string said) => Until(() => _told.ToString().Contains(said, StringComparison.Ordinal));

    /// <summary>Waits for something that is sure to come; the bound only ends a broken run.</summary>
    private async Task Until(Func<bool> come)
    {
        var clock = Stopwatch.StartNew();
        while (!come())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"it did not come; told so far:\n{_told}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
