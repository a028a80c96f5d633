using Berth.Host;

namespace Berth.Gateway;

/// <summary>Has a person's server program issue what they sign in with.</summary>
/// <param name="run">Runs a command as the person.</param>
internal sealed class ServerMint(Func<Route, MintCommand, CancellationToken, Task<BoundedOutcome>> run)
{
    /// <summary>The program takes a second or two; longer on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(55);

    /// <returns>The output, a secret; or why there is none.</returns>
    public async Task<ControlAnswer> IssueAsync(Route route, MintKind kind, CancellationToken stop)
    {
        if (MintCommand.For(route, kind) is not { } command)
            return new ControlAnswer(Error: $"{route.User}'s server issues nothing that one could sign in with");
        var outcome = await run(route, command, stop);
        // A build that has no bearers for programs issues a credential for each browser.
        if (!outcome.Ok && outcome.Fault is null && kind is MintKind.Session)
            outcome = await run(route, MintCommand.For(route, MintKind.Credential)!, stop);
        return outcome.Ok
            ? new ControlAnswer(outcome.Output)
            : new ControlAnswer(Error: $"the program of {route.User}'s server issued nothing: {outcome}");
    }
}
