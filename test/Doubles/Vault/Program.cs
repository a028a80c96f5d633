using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Berth.Doubles.Vault;

// The double as a server of its own, for scripts: prints its address once it answers, ends on a signal.
string[] known = ["--port", "--ca-file", "--root-token-file", "--state", "--require-request-header"];
string? Option(string name)
{
    var at = Array.IndexOf(args, "--" + name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}

var understood = args.Length % 2 == 0 && args.Where((_, at) => at % 2 == 0).All(known.Contains);
if (!understood || !int.TryParse(Option("port"), out var port) || Option("ca-file") is not { } caFile)
{
    Console.Error.WriteLine(
        """
        vault-double --port N --ca-file FILE [--root-token-file FILE] [--state FILE] [--require-request-header true]
            answers as Vault does on https://127.0.0.1:N (0: one that is free), from memory.
            FILE of --ca-file gets the certificate to trust; FILE of --root-token-file holds the root token, or gets it.
        POST /_double/fault {"kind":"sealed","path":"secret/","times":3}, DELETE /_double/fault, POST /_double/reset,
        POST /_double/clock {"advance":"2h"}, GET /_double/requests
        """
    );
    return 64;
}
var tokenFile = Option("root-token-file");
var given = tokenFile is not null && File.Exists(tokenFile) ? (await File.ReadAllTextAsync(tokenFile)).Trim() : "";
var seed = Option("state") is { } file ? JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject() : [];
var options = Seed.Options(
    new VaultOptions
    {
        Port = port,
        CaFile = caFile,
        RootToken = given.Length > 0 ? given : null,
        RequireRequestHeader = Option("require-request-header") == "true",
    },
    seed
);
await using var vault = await VaultDouble.Start(options);
Seed.Plant(vault, seed);
if (tokenFile is not null && given.Length == 0)
{
    var mode = new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };
    await using var writer = new StreamWriter(tokenFile, mode);
    await writer.WriteLineAsync(vault.RootToken);
}
Console.WriteLine($"vault-double listens on {vault.Address}");
var ended = new TaskCompletionSource();
void End(PosixSignalContext signal) => signal.Cancel = ended.TrySetResult();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
await ended.Task;
return 0;
