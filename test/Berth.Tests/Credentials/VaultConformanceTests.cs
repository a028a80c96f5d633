using System.Diagnostics;
using Berth.Doubles.Vault;
using Xunit;

namespace Berth.Credentials;

/// <summary>The double of Vault is not merely what we believe: two clients that others wrote for the real one walk
/// through it. Where it is made lax on purpose, both notice.</summary>
public class VaultConformanceTests
{
    private static readonly string s_clients = Golden.Path("../Doubles/Vault/clients");

    /// <summary>One client's walk; every line it prints is a check.</summary>
    private static async Task<(int Code, string[] Lines)> Walk(VaultDouble vault, string client)
    {
        // Debian's own Python: the client is Debian's package, whichever other Python is first on PATH.
        string[] command =
            client == "hvac"
                ? ["/usr/bin/python3", Path.Join(s_clients, "hvac_check.py")]
                : ["node", Path.Join(s_clients, "node_vault_check.mjs"), await Modules()];
        var start = Quiet(command);
        start.Environment["VAULT_ADDR"] = vault.Address;
        start.Environment["VAULT_TOKEN"] = vault.RootToken;
        start.Environment["VAULT_CACERT"] = vault.CaFile;
        return await Run(start);
    }

    private static async Task<string> Modules()
    {
        var start = Quiet(Golden.Path("../../scripts/npm.sh"), "node-vault");
        var (code, lines) = await Run(start);
        Assert.True(code == 0, string.Join('\n', lines));
        // Behind it stands what was said of an installation.
        return lines[0];
    }

    /// <summary>A program without this process's proxies and certificates.</summary>
    private static ProcessStartInfo Quiet(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var kept = new[] { "PATH", "HOME", "BERTH_CACHE", "XDG_CACHE_HOME" };
        var npm = command[0].EndsWith("npm.sh", StringComparison.Ordinal);
        foreach (var name in start.Environment.Keys.Where(name => !npm && !kept.Contains(name)).ToList())
            start.Environment.Remove(name);
        return start;
    }

    /// <returns>Every line, those of the standard output first.</returns>
    private static async Task<(int Code, string[] Lines)> Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            var whole = await output + await errors;
            return (process.ExitCode, whole.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    [Theory]
    [InlineData("hvac")]
    [InlineData("node-vault")]
    public async Task A_client_that_is_not_ours_finds_no_surprise(string client)
    {
        await using var vault = await VaultDouble.Start();
        var (code, lines) = await Walk(vault, client);
        Assert.DoesNotContain(lines, line => line.StartsWith("FAILED", StringComparison.Ordinal));
        Assert.Equal((0, $"{client}: no surprise"), (code, lines[^1]));
        Assert.Empty(vault.Unexpected);
        // It walked the whole way.
        Assert.True(lines.Length > 45, string.Join('\n', lines));
    }

    /// <summary>The control: each leniency is found by each client, at the check that it is about.</summary>
    [Theory]
    [InlineData("hvac", Lax.CheckAndSet, "cas 0 creates once")]
    [InlineData("hvac", Lax.Missing, "what never was is a 404 without errors")]
    [InlineData("hvac", Lax.Policies, "it can make no other token")]
    [InlineData("hvac", Lax.All, "it can make no other token")]
    [InlineData("node-vault", Lax.CheckAndSet, "cas 0 creates once")]
    [InlineData("node-vault", Lax.Missing, "without errors")]
    [InlineData("node-vault", Lax.Policies, "it can make no other token")]
    [InlineData("node-vault", Lax.All, "it can make no other token")]
    public async Task A_lax_double_is_found_out(string client, Lax lax, string at)
    {
        await using var vault = await VaultDouble.Start(new VaultOptions { Lax = lax });
        var (code, lines) = await Walk(vault, client);
        Assert.True(
            code == 1 && lines[^1].StartsWith($"FAILED {at}: ", StringComparison.Ordinal),
            $"{client} ended with {code}: {string.Join('\n', lines)}"
        );
    }
}
