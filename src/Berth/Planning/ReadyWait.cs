using Berth.Host;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Waits until the servers that an apply has started answer their ready checks.</summary>
public static class ReadyWait
{
    /// <summary>How long a server may take: opencode needs half a minute on a slow box.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    /// <param name="paths">The host.</param>
    /// <param name="roster">The roster.</param>
    /// <param name="report">What was done.</param>
    /// <param name="say">Told of each server that has become ready.</param>
    /// <returns>One line for each server that has not.</returns>
    public static IReadOnlyList<string> For(HostPaths paths, Roster roster, ApplyReport report, Action<string> say)
    {
        var started = report
            .Results.Where(result => result.Failure is null)
            .Select(result =>
                result.Step switch
                {
                    StartServer step => (step.Name, step.Unit, step.Port),
                    RestartServer step => (step.Name, step.Unit, step.Port),
                    _ => default,
                }
            )
            .Where(server => server.Unit is not null)
            .ToList();
        if (started.Count == 0)
            return [];
        say($"  waiting for {started.Count} server{(started.Count == 1 ? "" : "s")} to answer");
        using var probe = new ReadyProbe();
        using var limit = new CancellationTokenSource(s_limit);
        var answers = started.Select(server => Wait(server.Name, server.Unit, server.Port)).ToArray();
        return [.. Task.WhenAll(answers).GetAwaiter().GetResult().OfType<string>()];

        async Task<string?> Wait(string name, string unit, int port)
        {
            var user = roster.Users.Single(user => user.Name == name);
            var server = roster.Servers[user.Server!];
            var check = Presets.For(server).Ready;
            var password = check.PasswordVariable is { } variable
                ? Secrets.Value(paths[ServerUnits.SecretPath(server.Name, name)], variable)
                : null;
            var reason = "did not answer";
            try
            {
                while (true)
                {
                    var said = await probe.AskAsync(server.Host, port, check, password, limit.Token);
                    if (said is null)
                        break;
                    reason = said;
                    await Task.Delay(TimeSpan.FromMilliseconds(250), limit.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return $"{name}: the server on port {port} is not ready after {s_limit.TotalSeconds:0} s: it {reason} (journalctl -u {unit} -n 20)";
            }
            say($"  ready   {name} on {server.Host}:{port}");
            return null;
        }
    }
}
