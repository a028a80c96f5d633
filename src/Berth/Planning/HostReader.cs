using System.Globalization;
using Berth.Containment;
using Berth.Gateway;
using Berth.Host;
using Berth.Rosters;
using Berth.Servers;

namespace Berth.Planning;

/// <summary>Reads what planning needs to know of the host. Files only: no program is run on the usual path, so that a
/// plan of a thousand users costs milliseconds and disturbs nobody.</summary>
public sealed class HostReader(HostPaths paths, Files files, ProcessRunner run)
{
    public HostFacts Read(Roster roster, Manifest manifest)
    {
        var accountFiles = new AccountFiles(paths, files);
        var accounts = accountFiles.Read(roster.Users.Select(user => user.Name), run);
        var names = roster.Users.Select(user => user.Name).Concat(manifest.Accounts.Keys);
        var known = names
            .Select(accounts.GetValueOrDefault)
            .OfType<Units.Account>()
            .DistinctBy(account => account.Name)
            .ToList();
        var systemd = Systemd();
        return new HostFacts(
            Ram(),
            systemd,
            paths.IsLive,
            paths.IsLive ? 0 : (int)Native.EffectiveUser(),
            accounts,
            accountFiles.Groups,
            known
                .DistinctBy(account => account.Home)
                .ToDictionary(account => account.Home, account => Home(account.Home), StringComparer.Ordinal),
            paths.IsLive ? Listeners() : new Dictionary<int, int>(),
            File.Exists(paths["/usr/bin/dockerd"]) || File.Exists(paths["/usr/sbin/dockerd"]),
            files.Text(Containers.DaemonPath),
            Earlyoom(),
            roster.Servers.ToDictionary(
                server => server.Key,
                server => new Programs(paths).Files(Presets.For(server.Value).Command[0]),
                StringComparer.Ordinal
            ),
            paths.IsLive ? new SurfaceReader(paths).Read(roster.Servers.Keys) : LiveSurfaces.None
        )
        {
            Firewall = new FirewallReader(paths, run).Read(
                asked: roster.Servers.Count > 0 || manifest.Files.ContainsKey(Firewall.Path)
            ),
            NotHanded =
                Native.EffectiveUser() == 0
                    ? [.. (roster.Gateway?.Handed() ?? []).Where(path => !File.Exists(paths[path]))]
                    : [],
            GroupIds = Native.EffectiveUser() == 0 ? accountFiles.GroupIds() : new Dictionary<string, int>(),
            OwnUnits = paths.IsLive ? new SurfaceReader(paths).OwnUnits() : new HashSet<string>(StringComparer.Ordinal),
            Berth = paths.IsLive && Environment.ProcessPath is { } program ? program : "/usr/bin/berth",
            ZshWithoutToken =
                files.Text("/etc/zsh/zprofile") is { } zprofile
                && !zprofile.Contains(Berth.Credentials.TokenFile.SnippetPath, StringComparison.Ordinal),
        };
    }

    /// <summary>What stands at each path; absent when nothing does.</summary>
    public Dictionary<string, FileFact> Facts(IEnumerable<string> wanted)
    {
        var facts = new Dictionary<string, FileFact>(StringComparer.Ordinal);
        foreach (var path in wanted)
        {
            if (!facts.ContainsKey(path) && files.Fact(path) is { } fact)
                facts[path] = fact;
        }
        return facts;
    }

    /// <summary>MemTotal of the running kernel, in bytes: also the RAM that an image is planned for.</summary>
    public static long Ram() => Memory("MemTotal:") ?? throw new IOException("/proc/meminfo has no MemTotal");

    /// <summary>A line of the running kernel's <c>/proc/meminfo</c>, in bytes; null where it has none of that name.</summary>
    /// <param name="name">With its colon.</param>
    public static long? Memory(string name)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10;
        }
        return null;
    }

    /// <summary>The version of the running (or installed) systemd, from the name of its library; 0 for none.</summary>
    public int Systemd()
    {
        if (paths.IsLive && !Directory.Exists("/run/systemd/system"))
            return 0;
        string[] folders =
        [
            "/usr/lib/systemd",
            "/usr/lib/x86_64-linux-gnu/systemd",
            "/usr/lib/aarch64-linux-gnu/systemd",
        ];
        const string prefix = "libsystemd-shared-";
        foreach (var folder in folders.Where(folder => Directory.Exists(paths[folder])))
        {
            foreach (var file in Directory.EnumerateFiles(paths[folder], prefix + "*"))
            {
                var digits = Path.GetFileName(file.AsSpan())[prefix.Length..];
                var end = digits.IndexOfAnyExceptInRange('0', '9');
                if (int.TryParse(end < 0 ? digits : digits[..end], out var version))
                    return version;
            }
        }
        var said = paths.IsLive ? run.Run("systemctl", "--version").Stdout.Split(' ', '\n') : [];
        return said.Length > 1 && int.TryParse(said[1], out var running) ? running : 0;
    }

    private HomeFact Home(string home)
    {
        if (!Native.StatPath(paths[home], out var stat))
            return new HomeFact(HomeKind.Missing, -1, 0);
        var kind =
            stat.IsFolder ? HomeKind.Folder
            : stat.IsLink ? HomeKind.SymbolicLink
            : HomeKind.Other;
        return new HomeFact(kind, (int)stat.Uid, stat.Mode);
    }

    /// <summary>Feature, not version: the program itself holds the names of the options it knows.</summary>
    public EarlyoomFact? Earlyoom()
    {
        var program = paths["/usr/bin/earlyoom"];
        if (!File.Exists(program))
            return null;
        return new EarlyoomFact(File.ReadAllBytes(program).AsSpan().IndexOf("sort-by-rss"u8) >= 0);
    }

    /// <summary>Owner of each listening TCP port, from /proc/net/tcp and tcp6.</summary>
    private Dictionary<int, int> Listeners()
    {
        var listeners = new Dictionary<int, int>();
        foreach (var table in TcpTable.Files)
        {
            foreach (var (address, uid, _) in TcpTable.Listeners(files.Text(table) ?? ""))
                listeners[address.Port] = uid;
        }
        return listeners;
    }
}
