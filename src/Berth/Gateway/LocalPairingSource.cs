using Berth.Embedded;
using Berth.Host;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>Under <c>berth up</c>: secrets are in the state folder, programs are run as whoever runs everything.
/// </summary>
internal sealed class LocalPairingSource(StateFolder state, TimeProvider clock) : IPairingSource
{
    private readonly ServerMint _mint = new(
        (_, command, stop) =>
            BoundedProcess.RunAsync(
                "/usr/bin/env",
                [command.Program, .. command.Arguments],
                // Programs are where the invoker has them, and nothing else of the invoker's is passed on.
                new Dictionary<string, string>(command.Environment, StringComparer.Ordinal)
                {
                    ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
                },
                MintOutput.Largest,
                stop
            )
    );

    public Task<string> SecretAsync(Route route, string variable, CancellationToken stop) =>
        Secrets.Value(state.SecretFile(route.User), variable) is { Length: > 0 } value
            ? Task.FromResult(value)
            : throw new PairingException(
                $"{state.SecretFile(route.User)} holds no {variable}; 'berth up' makes it when the server starts"
            );

    public async Task<string> MintAsync(Route route, MintKind kind, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(ServerMint.Patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var answer = await _mint.IssueAsync(route, kind, end.Token);
        return answer.Value ?? throw new PairingException(answer.Error!);
    }
}
