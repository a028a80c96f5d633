using Berth.Host;
using Berth.Incidents;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Recording;

/// <summary>Whom and where to record.</summary>
public sealed record RecorderSettings
{
    private readonly HashSet<string> _kills;

    /// <param name="people">Whose processes are followed; of two with one uid the first.</param>
    public RecorderSettings(IReadOnlyList<RecordedUser> people)
    {
        var users = new Dictionary<int, string>();
        foreach (var person in people)
            users.TryAdd(person.Uid, person.Name);
        Users = users;
        Homes = people
            .DistinctBy(person => person.Name)
            .ToDictionary(person => person.Name, person => person.Home, StringComparer.Ordinal);
        _kills = people
            .Where(person => person.KillsLeaf)
            .Select(person => person.Name)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Names by uid.</summary>
    public IReadOnlyDictionary<int, string> Users { get; }

    /// <summary>Homes by name.</summary>
    public IReadOnlyDictionary<string, string> Homes { get; }

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

    /// <summary>Whether the largest process of a surface of theirs is killed when it stands still.</summary>
    public bool KillsLeaf(string? user) => user is not null && _kills.Contains(user);

    /// <summary>Those of a roster whose accounts exist.</summary>
    public static RecorderSettings Of(Roster roster, HostPaths paths, ProcessRunner run)
    {
        var people = roster.Users.Where(user => !user.Removed).ToList();
        var accounts = new AccountFiles(paths, new Files(paths)).Read(people.Select(user => user.Name), run);
        return new RecorderSettings([
            .. people
                .Where(user => accounts.ContainsKey(user.Name))
                .Select(user => new RecordedUser(
                    user.Name,
                    accounts[user.Name].Uid,
                    accounts[user.Name].Home,
                    user.KillsLeaf
                )),
        ])
        {
            Ram = HostReader.Ram(),
            Reserve = DesiredFiles.Reserve(roster.Host, HostReader.Ram()),
        };
    }
}
