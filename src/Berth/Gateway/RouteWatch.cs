using System.Text.Json;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>Follows the file that <c>berth apply</c> writes. One that cannot be read, or says nothing that makes sense,
/// leaves things as they are.</summary>
/// <param name="path">The file.</param>
/// <param name="take">Goes by a new configuration from now on.</param>
/// <param name="clock">The clock.</param>
/// <param name="log">Told in one line of each change, and of what cannot be used.</param>
internal sealed class RouteWatch(string path, Func<GatewayConfig, Task> take, TimeProvider clock, Action<string> log)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private (ulong, ulong, long, uint) _stamp;

    /// <exception cref="InvalidDataException">There is none, or it says nothing that makes sense.</exception>
    public static GatewayConfig Read(string path)
    {
        try
        {
            return GatewayConfig.Parse(File.ReadAllText(path));
        }
        catch (Exception wrong)
            when (wrong is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"{path} cannot be used ({wrong.Message}); run 'berth apply'", wrong);
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        while (await timer.WaitForNextTickAsync(stop))
            await LookAsync();
    }

    /// <summary>Takes the file up if it changed.</summary>
    public async Task LookAsync()
    {
        var stamp = Stamp(path);
        if (stamp == _stamp)
            return;
        _stamp = stamp;
        try
        {
            var config = Read(path);
            await take(config);
            log($"took up {config.Routes.Count} routes");
        }
        catch (InvalidDataException wrong)
        {
            log($"{wrong.Message}; what was known stays in use");
        }
    }

    private static (ulong, ulong, long, uint) Stamp(string path) =>
        Native.StatPath(path, out var stat) ? stat.Stamp : default;
}
