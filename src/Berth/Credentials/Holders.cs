using System.Globalization;
using System.Text;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>A process that carries a delivered token.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Name">The kernel's name of it (comm).</param>
/// <param name="Generation">The delivery it started with.</param>
/// <param name="Unit">The systemd unit it runs in; null outside of one.</param>
/// <param name="ShadowedBy">Variables in its environment that it prefers to the token.</param>
public sealed record Holder(int Pid, string Name, int Generation, string? Unit, IReadOnlyList<string> ShadowedBy);

/// <summary>Finds who holds which generation, from the environments that processes were started with. Needs root for
/// other people's. Only names and the generation are ever taken out of an environment.</summary>
public sealed class Holders(HostPaths paths)
{
    public ILookup<int, Holder> ByUid()
    {
        var found = new List<(int Uid, Holder Holder)>();
        foreach (var folder in Directory.EnumerateDirectories(paths["/proc"]))
        {
            if (
                int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(folder, pid) is { } holder
                && Native.StatPath(folder, out var stat)
            )
                found.Add(((int)stat.Uid, holder));
        }
        return found.OrderBy(row => row.Holder.Pid).ToLookup(row => row.Uid, row => row.Holder);
    }

    /// <summary>A name that somebody else chose, fit for a terminal: a process and a cgroup may be called anything, an
    /// escape sequence included.</summary>
    public static string Plain(string name) =>
        string.Create(
            Math.Min(name.Length, 80),
            name,
            static (shown, from) =>
            {
                for (var i = 0; i < shown.Length; i++)
                    shown[i] =
                        char.IsAsciiLetterOrDigit(from[i]) || " _-.:@()\\".Contains(from[i], StringComparison.Ordinal)
                            ? from[i]
                            : '?';
            }
        );

    /// <summary>A process may say that its environment is as large as it likes (prctl PR_SET_MM): no more of it is ever
    /// read.</summary>
    private const int Largest = 256 << 10;

    private static byte[] Environ(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[8 << 10];
        var length = 0;
        while (true)
        {
            var count = RandomAccess.Read(file, buffer.AsSpan(length), length);
            length += count;
            if (count == 0 || length == Largest)
                return buffer[..length];
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, Largest));
        }
    }

    /// <summary>The value of a variable in a block of <c>NAME=VALUE</c>, each with a zero byte behind it.</summary>
    public static string? Variable(ReadOnlySpan<byte> environment, string name)
    {
        Span<byte> wanted = stackalloc byte[name.Length + 1];
        _ = Encoding.ASCII.GetBytes(name, wanted);
        wanted[^1] = (byte)'=';
        while (environment.Length > 0)
        {
            var end = environment.IndexOf((byte)0);
            var line = end < 0 ? environment : environment[..end];
            if (line.StartsWith(wanted))
                return Encoding.UTF8.GetString(line[wanted.Length..]);
            environment = end < 0 ? [] : environment[(end + 1)..];
        }
        return null;
    }

    private static Holder? Read(string folder, int pid)
    {
        try
        {
            var environment = Environ(Path.Join(folder, "environ"));
            string? Value(string name) => Variable(environment, name);
            if (
                !int.TryParse(
                    Value(TokenText.GenerationVariable),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var generation
                )
            )
                return null;
            var name = File.ReadAllText(Path.Join(folder, "comm")).Trim();
            var cgroup = File.ReadAllText(Path.Join(folder, "cgroup"));
            var unit = cgroup
                .Trim()
                .Split('/')
                .LastOrDefault(part =>
                    part.EndsWith(".service", StringComparison.Ordinal)
                    || part.EndsWith(".scope", StringComparison.Ordinal)
                );
            return new Holder(pid, Plain(name), generation, unit is null ? null : Plain(unit), Shadowing.In(Value));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
