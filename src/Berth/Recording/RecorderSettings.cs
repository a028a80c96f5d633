using Berth.Containment;
using Berth.Host;
using Berth.Incidents;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Recording;

/// <summary>Whom and where to record.</summary>
/// <param name="Users">The people of the roster, by uid.</param>
/// <param name="Homes">Their homes, by name.</param>
public sealed record RecorderSettings(IReadOnlyDictionary<int, string> Users, IReadOnlyDictionary<string, string> Homes)
{
    /// <summary>The ring of samples, a path of the host.</summary>
    public string RingFile { get; init; } = Ring.Path;

    /// <summary>Its size in segments of 512 KiB.</summary>
    public int RingSegments { get; init; } = Ring.UsualSegments;

    /// <summary>The incidents, a path of the host.</summary>
    public string IncidentFile { get; init; } = IncidentStore.Path;

    /// <summary>Where containers run, below the cgroup tree.</summary>
    public string Containers { get; init; } = $"berth.slice/{Berth.Containment.Containers.Slice}";

    /// <summary>Memory of the machine in bytes; 0 where it is not known.</summary>
    public long Ram { get; init; }

    /// <summary>Memory kept for the system, in bytes.</summary>
    public long Reserve { get; init; }

    /// <summary>Those of a roster whose accounts exist.</summary>
    public static RecorderSettings Of(Roster roster, HostPaths paths, ProcessRunner run)
    {
        var names = roster.Users.Where(user => !user.Removed).Select(user => user.Name).ToList();
        var accounts = new AccountFiles(paths, new Files(paths)).Read(names, run);
        var present = names.Where(accounts.ContainsKey).Select(name => accounts[name]).ToList();
        var users = new Dictionary<int, string>();
        foreach (var account in present)
            users.TryAdd(account.Uid, account.Name);
        return new RecorderSettings(
            users,
            present.ToDictionary(account => account.Name, account => account.Home, StringComparer.Ordinal)
        )
        {
            Ram = HostReader.Ram(),
            Reserve = DesiredFiles.Reserve(roster.Host, HostReader.Ram()),
        };
    }
}
