using Berth.Host;

namespace Berth.Rosters;

/// <summary>Tells by their stamps when the files of a roster have changed and come to rest.</summary>
internal sealed class RosterWatch
{
    private readonly string _roster;
    private readonly bool _isFollowed;
    private string _known;
    private string _last;

    /// <summary>From now on, so that no edit is missed: made before the roster is loaded.</summary>
    public RosterWatch(string roster)
    {
        _roster = roster;
        // What comes through a pipe can be read once only.
        _isFollowed = Native.StatPath(Target(roster), out var stat) && stat.IsFile;
        _known = _last = Stamps();
    }

    /// <summary>Whether there is something new that two looks in a row saw the same: an editor has finished.</summary>
    public bool Look()
    {
        if (!_isFollowed)
            return false;
        var stamps = Stamps();
        var isNew = stamps != _known && stamps == _last;
        _last = stamps;
        if (isNew)
            _known = stamps;
        return isNew;
    }

    public RosterReading Load() => RosterFiles.Load(_roster);

    private string Stamps()
    {
        var files = new List<string> { _roster };
        try
        {
            files.AddRange(Directory.GetFiles(RosterFiles.DropInFolder(_roster)).Order(StringComparer.Ordinal));
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // Loading says what is wrong with it.
        }
        return string.Join('\n', files.Select(Stamp));
    }

    private static string Stamp(string file) =>
        Native.StatPath(Target(file), out var stat)
            ? $"{file} {stat.Inode} {stat.Size} {stat.ChangedSeconds} {stat.ChangedNanoseconds}"
            : file;

    /// <summary>A roster may be a link into a checkout.</summary>
    private static string Target(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
        }
        catch (Exception unclear) when (unclear is IOException or UnauthorizedAccessException)
        {
            return file;
        }
    }
}
