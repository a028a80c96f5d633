using System.Globalization;
using System.Net;
using System.Text;
using Berth.Gateway;
using Berth.Host;
using Berth.Units;

namespace Berth.Doctoring;

/// <summary>Finds people's listening sockets and the processes that hold them, and the firewall before them.</summary>
internal sealed class ListenerLook(HostPaths paths, Files files, ProcessRunner run, List<Unread> unread)
{
    /// <summary>Of one process.</summary>
    private const int MostDescriptors = 4096;

    /// <summary>Of all: whoever may start processes can have millions of them.</summary>
    private const int MostInAll = 1 << 20;

    private int _looked;

    public IReadOnlyList<ListenerSeen> Read(IReadOnlyList<ProcessSeen> processes)
    {
        var sockets = TcpTable
            .Files.SelectMany(table => TcpTable.Listeners(files.Text(table) ?? ""))
            .Where(socket => socket.Uid >= Account.FirstPerson)
            .ToList();
        var wanted = sockets.Select(socket => socket.Uid).ToHashSet();
        var holders = new Dictionary<uint, int>();
        var hidden = false;
        foreach (
            var process in processes.Where(process => wanted.Contains(process.Uid)).TakeWhile(_ => _looked < MostInAll)
        )
            hidden |= !Holds(process.Pid, holders);
        if (_looked >= MostInAll)
            unread.Add(
                new Unread(
                    Aspect.Sockets,
                    "which process holds which listening socket",
                    $"people have more than {MostInAll} open files; the rest was left out"
                )
            );
        if (hidden && Native.EffectiveUser() != 0)
            unread.Add(
                new Unread(
                    Aspect.Sockets,
                    "which process holds which listening socket",
                    "only its owner and root may see it",
                    ForRoot: true
                )
            );
        return
        [
            .. sockets.Select(socket => new ListenerSeen(
                IPAddress.IsLoopback(socket.Address.Address) ? Reach.Loopback : Reach.Outside,
                socket.Address.Port,
                socket.Uid,
                holders.GetValueOrDefault(socket.Inode)
            )),
        ];
    }

    public IReadOnlyList<PortSpan>? Fences()
    {
        if (!File.Exists(paths[Firewall.Program]))
            return [];
        if (Native.EffectiveUser() != 0)
        {
            unread.Add(new Unread(Aspect.Firewall, "the firewall", "nft needs root", ForRoot: true));
            return null;
        }
        var said = run.Run(Firewall.Program, "-nn", "list", "ruleset");
        if (said.Ok)
            return Doctoring.Fences.Of(said.Stdout);
        unread.Add(new Unread(Aspect.Firewall, "the firewall", $"nft list ruleset: {said.Said}"));
        return null;
    }

    /// <summary>Notes the sockets of a process: the descriptors' names are read, none is opened.</summary>
    private bool Holds(int pid, Dictionary<uint, int> holders)
    {
        const string mark = "socket:[";
        Span<byte> target = stackalloc byte[64];
        try
        {
            foreach (
                var descriptor in Directory.EnumerateFileSystemEntries(paths[$"/proc/{pid}/fd"]).Take(MostDescriptors)
            )
            {
                _looked++;
                var length = Native.ReadLink(descriptor, target, target.Length);
                if (length <= 0)
                    continue;
                var name = Encoding.ASCII.GetString(target[..(int)length]);
                if (
                    name.StartsWith(mark, StringComparison.Ordinal)
                    && uint.TryParse(
                        name.AsSpan()[mark.Length..^1],
                        NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out var inode
                    )
                )
                    holders.TryAdd(inode, pid);
            }
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            // It has just ended.
            return true;
        }
    }
}
