using Berth.Host;

namespace Berth.Rosters;

/// <summary>Whoever can write the roster decides what root does: before root acts on one, its files must be in the
/// hands of root or of the person who asked.</summary>
public static class RosterTrust
{
    private const int WritableByOthers = 0x12; // 0022

    /// <returns>Null when all files are in good hands; else one line that says which is not, and what to do.</returns>
    public static string? Complaint(string roster)
    {
        var folder = RosterFiles.DropInFolder(roster);
        var files = Directory.Exists(folder)
            ? [roster, folder, .. Directory.GetFiles(folder, "*.yaml")]
            : new[] { roster };
        var invoker = uint.TryParse(Environment.GetEnvironmentVariable("SUDO_UID"), out var uid) ? uid : 0;
        foreach (var file in files)
        {
            var path = Path.GetFullPath(file);
            if (!Native.StatPath(path, out var stat))
                continue;
            if (stat.IsLink)
                return $"{file} is a symbolic link; name the real file";
            if (stat.Uid != 0 && stat.Uid != invoker)
                return $"{file} belongs to uid {stat.Uid}, who would decide what root does; chown root {file}";
            if ((stat.Mode & WritableByOthers) != 0)
                return $"{file} may be written by others, who would decide what root does; chmod go-w {file}";
        }
        return null;
    }
}
