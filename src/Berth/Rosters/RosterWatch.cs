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

    /// <returns>What the files say now, once for each change, when two looks in a row and the reading between saw the
    /// same: whoever wrote has finished. Null while there is nothing new.</returns>
    public RosterReading? Look()
    {
        if (!_isFollowed)
            return null;
        var stamps = Stamps();
        var isNew = stamps != _known && stamps == _last;
        _last = stamps;
        if (!isNew)
            return null;
        var reading = RosterFiles.Load(_roster);
        if ((_last = Stamps()) != stamps)
            return null;
        _known = stamps;
        return reading;
    }

    private string Stamps()
    {
        var files = new List<string> { _roster };
        try
        {
            files.AddRange(
                Directory
                    .GetFiles(RosterFiles.DropInFolder(_roster))
                    .Where(RosterFiles.IsDropIn)
                    .Order(StringComparer.Ordinal)
            );
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // Loading says what is wrong with it.
        }
        return string.Join('\n', files.Select(Stamp));
    }

    private static string Stamp(string file) =>
        Native.StatPath(Target(file), out var stat) ? $"{file} {stat.Stamp}" : file;

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
