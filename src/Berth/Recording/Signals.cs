using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>What the recorder tells besides what it sees in processes: how everybody is signed in, and all of it as
/// numbers.</summary>
internal sealed class Signals : IDisposable
{
    private readonly HostPaths _paths;
    private readonly TimeProvider _clock;
    private readonly RecorderNumbers _numbers;
    private CredentialLook _credentials;

    public Signals(HostPaths paths, RecorderSettings settings, TimeProvider clock, Action<string> say)
    {
        (_paths, _clock) = (paths, clock);
        _numbers = new RecorderNumbers(paths, settings, clock, say);
        _credentials = new CredentialLook(paths, settings.Users.Values, clock);
    }

    /// <summary>People have come or gone. What lasts of those who are left is told anew, which changes nothing.</summary>
    public void Take(RecorderSettings settings)
    {
        _numbers.Settings = settings;
        _credentials = new CredentialLook(_paths, settings.Users.Values, _clock);
    }

    public void Died(Death death) => _numbers.Died(death);

    public void Look(long now, IncidentDesk desk, IEnumerable<CgroupProbe> surfaces, IEnumerable<TrackedProcess> living)
    {
        foreach (var (report, over) in _credentials.Look(now))
            desk.Report(report, over);
        _numbers.Tell(now, surfaces, living, desk.Open, _credentials.People);
    }

    public void Dispose() => _numbers.Dispose();
}
