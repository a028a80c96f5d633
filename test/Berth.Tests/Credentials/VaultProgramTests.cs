using System.Diagnostics;
using Xunit;

namespace Berth.Credentials;

/// <summary>The double as a program, as scripts and the test machine have it.</summary>
public class VaultProgramTests
{
    private const string State = """
        {
          "mounts": ["secret", "teams/kv"],
          "namespaces": ["team"],
          "policies": { "reader": "path \"teams/kv/data/*\" { capabilities = [\"read\"] }" },
          "tokens": [{ "id": "hvs.known", "display_name": "box", "policies": ["reader"], "period": "1h" }],
          "entries": { "teams/kv/a": { "setup_token": "one" } }
        }
        """;

    private static Process Begin(params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Path.Join(AppContext.BaseDirectory, "vault-double"), arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    [Fact]
    public async Task It_begins_with_what_a_file_says_and_ends_on_a_signal()
    {
        using var folder = new TemporaryFolder();
        var (ca, root) = (Path.Join(folder.Path, "ca.pem"), Path.Join(folder.Path, "root"));
        var state = folder.Write("state.json", State);
        using var process = Begin("--port", "0", "--ca-file", ca, "--root-token-file", root, "--state", state);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(limit.Token);
            Assert.StartsWith("vault-double listens on https://127.0.0.1:", line, StringComparison.Ordinal);
            using var caller = new VaultCaller(line!.Split(' ')[^1], ca);
            var heard = await caller.Ask("GET", "/v1/teams/kv/data/a", "hvs.known");
            Assert.Equal((200, "one"), (heard.Status, (string?)heard["data.data.setup_token"]));
            Assert.Equal(403, (await caller.Ask("GET", "/v1/secret/data/a", "hvs.known")).Status);
            var self = await caller.Ask("GET", "/v1/auth/token/lookup-self", "hvs.known");
            Assert.Equal(("token-box", 3600), ((string?)self["data.display_name"], (int?)self["data.period"]));

            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(root));
            var token = (await File.ReadAllTextAsync(root, limit.Token)).Trim();
            Assert.Equal(200, (await caller.Ask("GET", "/v1/sys/mounts", token)).Status);

            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            await process.WaitForExitAsync(limit.Token);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    [Theory]
    [InlineData("--port", "0")]
    [InlineData("--port", "x", "--ca-file", "/dev/null")]
    [InlineData("--port", "0", "--ca-file", "/dev/null", "--stat", "x")]
    [InlineData("--port", "0", "--ca-file")]
    public async Task It_takes_no_option_that_it_does_not_know(params string[] arguments)
    {
        using var process = Begin(arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        Assert.Equal(64, process.ExitCode);
    }
}
