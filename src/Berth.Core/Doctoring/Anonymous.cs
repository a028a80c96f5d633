using System.Text;
using System.Text.RegularExpressions;

namespace Berth.Doctoring;

/// <summary>Takes out of a snapshot what tells who its people are and what they do. Nothing is searched for names, as who
/// chose a name is never known: of every name and path only words stay that every host has (<see cref="CommonWords"/>), and
/// each other word becomes the same stand-in wherever it is. Findings stay the same but for the names.</summary>
public sealed partial class Anonymous
{
    private readonly Dictionary<string, string> _people = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _programs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _homes = new(StringComparer.Ordinal);

    private Anonymous(HostSnapshot snapshot)
    {
        foreach (var account in snapshot.Accounts)
        {
            Person(account.Name);
            _homes.TryAdd(account.Home.TrimEnd('/'), $"/home/{_people[account.Name]}");
        }
        foreach (var name in snapshot.Roster?.People ?? [])
            Person(name);
        // People whom only a directory service knows: their unit is named after them.
        foreach (var unit in snapshot.Units.Where(unit => unit.User.Length > 0))
        {
            // A number is no name: user@1000.service.
            if (
                !unit.User.All(char.IsAsciiDigit)
                && unit.Name.EndsWith($"@{unit.User}.service", StringComparison.Ordinal)
            )
                Person(unit.User);
        }
    }

    public static HostSnapshot Of(HostSnapshot snapshot) => new Anonymous(snapshot).Apply(snapshot);

    private HostSnapshot Apply(HostSnapshot snapshot) =>
        snapshot with
        {
            System = CommonWords.Systems.Any(known => snapshot.System.StartsWith(known, StringComparison.Ordinal))
                ? Words(snapshot.System, numbers: true)
                : "a Linux",
            Kernel = Words(snapshot.Kernel, numbers: true),
            Cgroups = [.. snapshot.Cgroups.Select(cgroup => cgroup with { Path = Cgroup(cgroup.Path) })],
            Units =
            [
                .. snapshot.Units.Select(unit =>
                    unit with
                    {
                        Name = Unit(unit.Name),
                        User = User(unit.User),
                        Cgroup = Cgroup(unit.Cgroup),
                        OomPolicy = Policy(unit.OomPolicy) ?? "",
                        FilePolicy = Policy(unit.FilePolicy),
                    }
                ),
            ],
            Processes =
            [
                .. snapshot.Processes.Select(process =>
                    process with
                    {
                        Name = Program(process.Name),
                        Cgroup = Cgroup(process.Cgroup),
                    }
                ),
            ],
            Accounts =
            [
                .. snapshot.Accounts.Select(account =>
                    account with
                    {
                        Name = _people[account.Name],
                        Home = $"/home/{_people[account.Name]}",
                    }
                ),
            ],
            Earlyoom = snapshot.Earlyoom is not { } earlyoom
                ? null
                : earlyoom with
                {
                    Prefer = Hidden(earlyoom.Prefer),
                    Avoid = Hidden(earlyoom.Avoid),
                },
            DockerParent = snapshot.DockerParent is null ? null : Cgroup(snapshot.DockerParent),
            Tmpfs = [.. snapshot.Tmpfs.Select(tmpfs => tmpfs with { Path = Path(tmpfs.Path) })],
            EnvironmentFiles =
            [
                .. snapshot.EnvironmentFiles.Select(file =>
                    file with
                    {
                        Unit = Unit(file.Unit),
                        Path = Path(file.Path),
                        At = Path(file.At),
                    }
                ),
            ],
            ScopePolicy = Policy(snapshot.ScopePolicy),
            Roster = snapshot.Roster is not { } roster
                ? null
                : roster with
                {
                    People = [.. roster.People.Select(name => _people[name])],
                    Watched = [.. roster.Watched.Select(Person)],
                    Servers = [.. roster.Servers.Select(Unit)],
                },
            Unread =
            [
                .. snapshot.Unread.Select(unread =>
                    unread with
                    {
                        What = unread.What.StartsWith('/') ? Path(unread.What) : unread.What,
                        Why =
                            // What was wrong with a roster or a command may quote it.
                            !unread.ForRoot && unread.Aspect is Aspect.Roster or Aspect.Units or Aspect.Firewall
                                ? "could not be read"
                            : unread.Why.StartsWith('/') ? Path(unread.Why)
                            : unread.Why,
                    }
                ),
            ],
        };

    private string Person(string name) => Alias(_people, name, "user");

    private string User(string name) =>
        name.All(char.IsAsciiDigit) ? name
        : _people.TryGetValue(name, out var alias) ? alias
        : Alias(_services, name, "service-account");

    private static string Alias(Dictionary<string, string> aliases, string name, string kind)
    {
        if (!aliases.TryGetValue(name, out var alias))
            aliases.Add(name, alias = $"{kind}{aliases.Count + 1}");
        return alias;
    }

    private string Cgroup(string path) => string.Join('/', path.Split('/').Select(Unit));

    /// <summary>The name of a unit, or of a cgroup that something within one made.</summary>
    private string Unit(string name)
    {
        // Numbers of accounts and sessions are no names.
        if (Numbered().IsMatch(name))
            return name;
        var (at, dot) = (name.IndexOf('@', StringComparison.Ordinal), name.LastIndexOf('.'));
        if (at < 0 || dot <= at)
            return Words(name);
        var instance = name[(at + 1)..dot];
        var person = instance.Replace("\\x2d", "-", StringComparison.Ordinal);
        return Words(name[..at])
            + "@"
            + (_people.TryGetValue(person, out var alias) ? alias : Words(instance))
            + Words(name[dot..]);
    }

    /// <summary>Of a path in a home only the home is left.</summary>
    private string Path(string path)
    {
        for (var above = path.TrimEnd('/'); above.Length > 0; above = above[..above.LastIndexOf('/')])
        {
            if (_homes.TryGetValue(above, out var alias))
                return above.Length == path.Length ? alias : $"{alias}/…";
            if (!above.Contains('/', StringComparison.Ordinal))
                break;
        }
        return Words(path);
    }

    /// <summary>Word by word, with what is between them.</summary>
    private string Words(string text, bool numbers = false)
    {
        var clean = new StringBuilder(text.Length);
        var from = 0;
        foreach (var between in Between().EnumerateMatches(text))
        {
            Word(clean, text[from..between.Index], numbers);
            clean.Append(text, between.Index, between.Length);
            from = between.Index + between.Length;
        }
        Word(clean, text[from..], numbers);
        return clean.ToString();
    }

    private void Word(StringBuilder clean, string word, bool numbers)
    {
        if (word.Length > 0)
            clean.Append(
                CommonWords.Has(word) || (numbers && Release().IsMatch(word)) ? word : Alias(_words, word, "x")
            );
    }

    private string Program(string name) =>
        CommonWords.Programs.Contains(name) ? name : Alias(_programs, name, "program");

    private static string? Policy(string? policy) =>
        policy is null or "" or "stop" or "kill" or "continue" ? policy : "another";

    private static string? Hidden(string? pattern) => pattern is null ? null : $"({pattern.Length} characters)";

    /// <summary>What systemd writes for a dash in a name is between words too; other escapes may spell out anything.</summary>
    [GeneratedRegex(@"\\x2d|[-@._:/ ()+~]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Between();

    [GeneratedRegex(
        @"^(user-\d{1,10}\.slice|user@\d{1,10}\.service|user-runtime-dir@\d{1,10}\.service|session-c?\d{1,6}\.scope)$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Numbered();

    /// <summary>Parts of a release's number: <c>6</c>, <c>fc41</c>, <c>deb13</c>, <c>el9</c>.</summary>
    [GeneratedRegex(@"^(fc|deb|el|bpo|rc|v|u|cloud)?\d{1,3}(u\d)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Release();
}
