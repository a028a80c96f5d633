using System.Buffers.Binary;
using System.Text;
using Berth.Host;
using Berth.Units;

namespace Berth.Recording;

/// <summary>Tells people of their own kills, so that what was killed is not started again as it was: in a file that they
/// alone may read, and on the terminal of the shell that had started it.</summary>
/// <param name="paths">The host.</param>
/// <param name="say">One line for the journal.</param>
internal sealed class Receipts(HostPaths paths, Action<string> say)
{
    /// <summary>Name of the file in a person's folder.</summary>
    public const string Name = "oom";

    /// <summary>So many are kept, the newest last.</summary>
    private const int Most = 20;

    /// <summary>So many lines a minute on one person's terminals.</summary>
    private const int MostLines = 5;

    private readonly Dictionary<string, Queue<string>> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Minute, int Count)> _shown = new(StringComparer.Ordinal);
    private bool _complained;

    /// <summary>Adds a line to the person's file, which is written anew: it is root's, in a folder of root's, and an
    /// access list lets its person alone read it.</summary>
    public void File(string user, int uid, string line, DateTimeOffset at)
    {
        if (!_lines.TryGetValue(user, out var lines))
            _lines[user] = lines = Kept(user);
        lines.Enqueue($"{at:yyyy-MM-dd HH:mm:ss} {line}");
        while (lines.Count > Most)
            lines.Dequeue();
        try
        {
            Write(user, uid, string.Concat(lines.Select(one => one + "\n")));
            _complained = false;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (!_complained)
                say($"{user} could not be told of a kill: {refused.Message}");
            _complained = true;
        }
    }

    /// <summary>Writes a line on the terminal of a shell, as wall(1) would: if it is that person's, lets others write to
    /// it (mesg(1)), and takes it at once. It never becomes this program's own terminal.</summary>
    /// <param name="pid">The shell.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="uid">Their uid.</param>
    /// <param name="line">Printable characters alone.</param>
    /// <param name="now">Now, in milliseconds.</param>
    public void Terminal(int pid, string user, int uid, string line, long now)
    {
        var (minute, count) = _shown.GetValueOrDefault(user);
        if (minute == now / 60_000 && count >= MostLines)
            return;
        _shown[user] = (now / 60_000, minute == now / 60_000 ? count + 1 : 1);
        if (
            !ProcStat.TryParse(KernelFile.Once(paths[$"/proc/{pid}/stat"], new byte[1024]), out var stat)
            || stat.Terminal < 0
        )
            return;
        var terminal = Native.Open(
            paths[$"/dev/pts/{stat.Terminal}"],
            Native.WriteOnly | Native.NoTerminal | Native.NonBlock | Native.NoFollow | Native.CloseOnExec,
            0
        );
        if (terminal < 0)
            return;
        // What is open now is what was asked about, or another one's by now: then it is left alone.
        if (
            Native.StatDescriptor(terminal, out var device)
            && device.IsTerminalDevice
            && device.Uid == (uint)uid
            && (device.Mode & 0x10) != 0
        )
        {
            var text = Encoding.UTF8.GetBytes($"\r\n{line}\r\n");
            _ = Native.Write(terminal, text, text.Length);
        }
        _ = Native.Close(terminal);
    }

    private static string Folder(string user) => $"{RecorderUnits.Receipts}/{user}";

    /// <summary>What an earlier run wrote: nobody else can have.</summary>
    private Queue<string> Kept(string user)
    {
        try
        {
            return new Queue<string>(System.IO.File.ReadAllLines(paths[$"{Folder(user)}/{Name}"]).TakeLast(Most));
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Write(string user, int uid, string text)
    {
        var folder = paths[Folder(user)];
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (paths.IsLive)
        {
            Allow(folder, "system.posix_acl_access", uid, write: true, search: true);
            // What is made in it from now on: the mask is what the mode of a new file leaves of it.
            Allow(folder, "system.posix_acl_default", uid, write: true, search: false);
        }
        var next = $"{folder}/.{Name}";
        Native.Unlink(next);
        var file = Native.Open(
            next,
            Native.WriteOnly | Native.Create | Native.Exclusive | Native.NoFollow | Native.CloseOnExec,
            0x1A0 // 0640: with the list, read for its person; without one, for nobody but root's group
        );
        if (file < 0)
            throw Native.Failure("write", next);
        var bytes = Encoding.UTF8.GetBytes(text);
        var written = Native.Write(file, bytes, bytes.Length);
        _ = Native.Close(file);
        if (written != bytes.Length)
            throw Native.Failure("write", next);
        if (Native.Rename(next, $"{folder}/{Name}") < 0)
            throw Native.Failure("rename", next);
    }

    /// <summary>An access list (acl(5)) as the kernel takes it: version 2, then tag, permissions and id of each
    /// entry.</summary>
    private static void Allow(string path, string name, int uid, bool write, bool search)
    {
        const int none = -1;
        var x = search ? 1 : 0;
        (ushort Tag, int Permissions, int Id)[] entries =
        [
            (0x01, 4 | (write ? 2 : 0) | x, none), // the owner, root
            (0x02, 4 | x, uid),
            (0x04, 0, none), // the group
            (0x10, 4 | x, none), // at most, for all but the owner
            (0x20, 0, none), // everybody else
        ];
        var list = new byte[4 + (entries.Length * 8)];
        BinaryPrimitives.WriteInt32LittleEndian(list, 2);
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = list.AsSpan(4 + (i * 8));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)entries[i].Permissions);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], entries[i].Id);
        }
        if (Native.SetAttribute(path, name, list, list.Length, 0) < 0)
            throw Native.Failure("give somebody access to", path);
    }
}
