using Berth.Gateway;
using Berth.Host;
using Berth.Planning;
using Berth.Units;

namespace Berth.Metrics;

/// <summary>The files in which the recorder and the watchdog tell their numbers. Root alone writes them, each whole; the
/// gateway's account may read them, and nobody else: who has how many agents, and whose token is gone, is not for other
/// people of the host.</summary>
public sealed class MetricFiles(HostPaths paths)
{
    private const int FolderMode = 0x1ED; // 0755
    private const int Shared = 0x1A0; // 0640
    private const int Alone = 0x180; // 0600
    private const int Largest = 16 << 20;

    private readonly Files _files = new(paths);
    private string? _refused;

    /// <summary>The same for a program that goes on without: what is in the way is said once.</summary>
    /// <param name="source">One of <see cref="MetricPage.Sources"/>.</param>
    /// <param name="page">From <see cref="MetricPage.Head"/> on.</param>
    /// <param name="say">One line for the journal.</param>
    public void TryWrite(string source, MetricWriter page, Action<string> say)
    {
        try
        {
            Write(source, page);
            _refused = null;
        }
        catch (IOException refused)
        {
            if (_refused != refused.Message)
                say($"{refused.Message}; /metrics does without the {source}'s numbers");
            _refused = refused.Message;
        }
    }

    /// <summary>Tells a source's numbers, in the place of those from before.</summary>
    /// <param name="source">One of <see cref="MetricPage.Sources"/>.</param>
    /// <param name="page">From <see cref="MetricPage.Head"/> on.</param>
    /// <exception cref="IOException">It cannot be written, or given to the gateway.</exception>
    public void Write(string source, MetricWriter page)
    {
        _files.MakeFolders(MetricPage.Folder, FolderMode);
        var group = Group();
        if (group < 0)
        {
            _files.WriteState(MetricPage.Path(source), page.Written, Alone);
            return;
        }
        try
        {
            _files.WriteState(MetricPage.Path(source), page.Written, Shared, group: group);
        }
        catch (IOException)
        {
            // Not a member of that group: root still reads them.
            _files.WriteState(MetricPage.Path(source), page.Written, Alone);
            throw;
        }
    }

    /// <summary>What each source told last; a source that cannot be read has told nothing.</summary>
    public IEnumerable<MetricPage> Read() =>
        MetricPage
            .Sources.Select(source => _files.Untrusted(MetricPage.Path(source), Largest))
            .Select(text => text is null ? null : MetricPage.Parse(text))
            .OfType<MetricPage>();

    /// <returns>The gid of the gateway's account; -1 where there is no gateway.</returns>
    private int Group() => new AccountFiles(paths, _files).GroupIds().GetValueOrDefault(GatewayUnits.Account, -1);
}
