using Berth.Credentials;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>Looks at what the sync and people's login watches have left behind, now and then. Each report is a file in a
/// folder of its person's: it is read as such.</summary>
internal sealed class CredentialLook(HostPaths paths, IEnumerable<string> users, TimeProvider clock)
{
    private const long Every = 15_000;

    private readonly TruthFile _truths = new(new Files(paths));
    private readonly LoginReports _reports = new(new Files(paths));
    private readonly Dictionary<string, CredentialWatch> _people = users.ToDictionary(
        user => user,
        user => new CredentialWatch(user),
        StringComparer.Ordinal
    );
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long _looked = long.MinValue / 2;

    /// <summary>How everybody is signed in of whom anything is known.</summary>
    public IEnumerable<(string User, SignedIn State)> People =>
        _people.Where(person => _known.Contains(person.Key)).Select(person => (person.Key, person.Value.Now));

    /// <returns>What to report, and what is over; nothing while it is too early to look again.</returns>
    public IReadOnlyList<(Report Report, bool Over)> Look(long now)
    {
        if (now - _looked < Every)
            return [];
        _looked = now;
        List<(Report, bool)>? told = null;
        var moment = clock.GetUtcNow();
        foreach (var (user, watch) in _people)
        {
            var report = _reports.Of(user);
            if (Truth(user) is not { } truth || (report is null && truth == new Truth()))
                continue;
            _known.Add(user);
            (told ??= []).AddRange(watch.Observe(truth, report, moment, now));
        }
        return told ?? [];
    }

    /// <returns>Null where it cannot be read now: nothing is made of that.</returns>
    private Truth? Truth(string user)
    {
        try
        {
            return _truths.Read(user);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
