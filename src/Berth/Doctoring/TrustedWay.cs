using System.Text;
using Berth.Host;

namespace Berth.Doctoring;

/// <summary>Looks along the way to a file, without opening or following anything that is not root's: each part is looked at
/// by lstat, and a link is followed only where it and all before it are root's.</summary>
internal sealed class TrustedWay(HostPaths paths)
{
    private const int WritableByOthers = 0x12; // 0022
    private const int Sticky = 0x200;
    private const int MostLinks = 16;

    /// <returns>Null where nobody but root has a say, or where there is nothing.</returns>
    public EnvironmentFileSeen? Weak(string unit, string path)
    {
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var (at, links) = ("", 0);
        while (rest.Count > 0)
        {
            var part = rest.Pop();
            if (part is "." or "")
                continue;
            if (part is "..")
            {
                at = Files.Parent(at.Length == 0 ? "/" : at).TrimEnd('/');
                continue;
            }
            at = $"{at}/{part}";
            if (!Native.StatPath(paths[at], out var stat))
                return null;
            // A folder that all may write to, such as /tmp, guards what is in it by its sticky bit alone: anybody may put a
            // new name there.
            var writable = !stat.IsLink && (stat.Mode & WritableByOthers) != 0 && !GroupIsRoot(stat);
            if (stat.Uid != 0 || writable)
                return new EnvironmentFileSeen(unit, path, at, (int)stat.Uid, Kind(stat), writable);
            if (!stat.IsLink)
                continue;
            if (++links > MostLinks || Target(at) is not { Length: > 0 } target)
                return null;
            foreach (var piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                rest.Push(piece);
            at = target[0] == '/' ? "" : Files.Parent(at).TrimEnd('/');
        }
        return null;
    }

    private static bool GroupIsRoot(Native.Stat stat) =>
        (stat.Mode & WritableByOthers) == 0x10 && stat.Gid == 0 && (stat.Mode & Sticky) == 0;

    private static string Kind(Native.Stat stat) =>
        stat.IsFolder ? "folder"
        : stat.IsFile ? "file"
        : stat.IsLink ? "link"
        : "other";

    private string Target(string path)
    {
        Span<byte> target = stackalloc byte[4096];
        var length = Native.ReadLink(paths[path], target, target.Length);
        return length <= 0 ? "" : Encoding.UTF8.GetString(target[..(int)length]);
    }
}
