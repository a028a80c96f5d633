using System.Text;
using Berth.Host;

namespace Berth.Planning;

/// <summary>Finds the files behind a start command's first word, as the service manager will.</summary>
internal sealed class Programs(HostPaths paths)
{
    /// <summary>Where systemd looks for a command without a path (systemd.service(5)).</summary>
    private static readonly string[] s_search =
    [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];

    /// <returns>The program; behind it, when it is a script, its interpreter. Empty when it is not there.</returns>
    public IReadOnlyList<string> Files(string command)
    {
        if (Find(command) is not { } program)
            return [];
        Span<byte> head = stackalloc byte[128];
        using var file = File.OpenRead(paths[program]);
        var line = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!line.StartsWith("#!"u8))
            return [program];
        var end = line.IndexOf((byte)'\n');
        var words = Encoding
            .UTF8.GetString(line[2..(end < 0 ? line.Length : end)])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var interpreter =
            words is [var env, .. var rest] && Path.GetFileName(env) is "env"
                ? rest.FirstOrDefault(word => !word.StartsWith('-') && !word.Contains('='))
                : words.FirstOrDefault();
        return interpreter is not null && Find(interpreter) is { } found ? [program, found] : [program];
    }

    private string? Find(string command)
    {
        string[] candidates = command.StartsWith('/')
            ? [command]
            : [.. s_search.Select(folder => $"{folder}/{command}")];
        return candidates.FirstOrDefault(candidate => File.Exists(paths[candidate]));
    }
}
