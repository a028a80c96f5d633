using System.CommandLine;
using System.Runtime.InteropServices;
using Berth.Credentials;
using Berth.Host;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Commands;

/// <summary><c>berth sync</c>: what berth-sync.service runs. Everything it works with comes from its unit: the store by
/// the names that Vault's own tools use, people's store tokens as credentials, one folder to write to.</summary>
public static class SyncCommand
{
    private static readonly Option<bool> s_daemon = new("--daemon") { Description = "Go on asking until told to end" };

    public static Command Create()
    {
        var command = new Command("sync", "Ask Vault about everybody's token (what berth-sync.service runs)")
        {
            s_daemon,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancelled)
    {
        if (
            Value("VAULT_ADDR") is not { } address
            || Value(CredentialUnits.StorePathVariable) is not { } path
            || Value("CREDENTIALS_DIRECTORY") is not { } credentials
            || Value("RUNTIME_DIRECTORY") is not { } runtime
        )
        {
            Console.Error.WriteLine(
                "berth: this is run by berth-sync.service, which says where Vault is; see 'systemctl status berth-sync', or 'berth store check USER' to ask by hand"
            );
            return ExitCodes.Usage;
        }
        var tokens = StoreTokens.Handed(credentials);
        var store = new StoreSettings("vault", address, path, Value("VAULT_NAMESPACE"), Value("VAULT_CACERT"));
        using var http = new VaultHttp(store);
        var sync = new VaultSync(
            new VaultClient(store, Environment.MachineName, http),
            new VaultAnswers(new Files(HostPaths.Live), runtime, tokens.ContainsKey),
            tokens,
            TimeProvider.System,
            (user, says) => Console.Out.WriteLine($"{user}: {says}")
        );
        if (!parse.GetValue(s_daemon))
        {
            await sync.PassAsync(cancelled);
            return sync.Learnt.All(person => person.Answer?.Verdict is Verdict.Present or Verdict.Absent)
                ? ExitCodes.Ok
                : ExitCodes.Warnings;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        using var terminated = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            signal =>
            {
                signal.Cancel = true;
                end.Cancel();
            }
        );
        try
        {
            await sync.RunAsync(end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to end.
        }
        return ExitCodes.Ok;
    }

    private static string? Value(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
