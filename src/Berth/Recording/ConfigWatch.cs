using System.Text.Json;
using Berth.Host;

namespace Berth.Recording;

/// <summary>Follows the file in which <c>berth apply</c> says whom to record. One that cannot be read, or says nothing
/// that makes sense, leaves things as they are.</summary>
/// <param name="paths">The host.</param>
/// <param name="say">Told in one line of each change, and of what cannot be used.</param>
internal sealed class ConfigWatch(HostPaths paths, Action<string> say)
{
    private (ulong, ulong, long, uint) _stamp;

    /// <summary>Whom to record from now on; null when that has not changed.</summary>
    public RecorderSettings? News()
    {
        var stamp = Native.StatPath(paths[RecorderConfig.Path], out var stat) ? stat.Stamp : default;
        if (stamp == _stamp)
            return null;
        _stamp = stamp;
        try
        {
            var config = RecorderConfig.Parse(File.ReadAllText(paths[RecorderConfig.Path]));
            var settings = new RecorderSettings(config.Users)
            {
                Ram = Planning.HostReader.Ram(),
                Reserve = config.Reserve,
            };
            say($"follows {settings.Homes.Count} people");
            return settings;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or JsonException)
        {
            say(
                $"{RecorderConfig.Path} cannot be used ({wrong.Message}); what was known stays in use; next: berth apply"
            );
            return null;
        }
    }
}
