using System.Text;

namespace Berth.Rosters;

/// <summary>Finds and reads the texts of a roster: the main file, and <c>users.d/*.yaml</c> beside it.</summary>
public static class RosterFiles
{
    private const int MaxBytes = 8 << 20;
    private static readonly UTF8Encoding s_strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <summary>Where tools keep users of their own, beside the roster and named as the roster was.</summary>
    public static string DropInFolder(string roster) => Path.Join(Path.GetDirectoryName(roster), "users.d");

    public static RosterReading Load(string roster) => Load(roster, null);

    /// <param name="roster">The main file.</param>
    /// <param name="edit">A drop-in as it is about to be written, read in place of the file of that name.</param>
    public static RosterReading Load(string roster, RosterText? edit)
    {
        var problems = new List<Problem>();
        var main = Read(roster, problems);
        var dropIns = Names(DropInFolder(roster), problems)
            .Append(edit?.File)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(name => name == edit?.File ? edit : Read(name, problems))
            .OfType<RosterText>()
            .ToList();
        if (main is null)
            return new RosterReading(null, problems);
        var reading = RosterReader.Read(main, dropIns);
        return problems.Count > 0 ? new RosterReading(null, [.. problems, .. reading.Problems]) : reading;
    }

    /// <summary>Reads one text whole.</summary>
    /// <returns>Null when <paramref name="problems"/> got an entry.</returns>
    public static RosterText? Read(string file, List<Problem> problems, int limit = MaxBytes)
    {
        void Report(string message, string hint) => problems.Add(new Problem(file, 0, 0, message, hint));
        try
        {
            if (Directory.Exists(file))
            {
                Report("is a folder", "name the roster file in it with '--roster FILE'");
                return null;
            }
            var bytes = Bytes(file, limit);
            if (bytes.Length <= limit)
                return new RosterText(file, s_strict.GetString(bytes));
            Report($"larger than {limit >> 20} MiB", "a roster of 10,000 people takes one: is this the right file?");
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            Report(
                "there is no such file",
                $"'berth init {file}' writes one to start from, '--roster FILE' names another"
            );
        }
        catch (UnauthorizedAccessException)
        {
            Report("may not be read by you", "run with sudo, or name another with '--roster FILE'");
        }
        catch (DecoderFallbackException wrong)
        {
            Report($"is not UTF-8 text (byte {wrong.Index + 1})", "save it as UTF-8");
        }
        catch (IOException wrong)
        {
            Report($"cannot be read: {wrong.Message}", "");
        }
        return null;
    }

    /// <summary>The drop-ins of a folder; none when there is no folder. A file that looks like one and would not be
    /// read is a problem, because its people would be missing without a word.</summary>
    private static List<string> Names(string folder, List<Problem> problems)
    {
        try
        {
            var files = Directory.GetFiles(folder).Where(IsDropIn).ToList();
            foreach (var file in files.Where(file => file.EndsWith(".yml", StringComparison.Ordinal)))
                problems.Add(
                    new Problem(file, 0, 0, "only *.yaml is read here", "rename it to .yaml, or take it away")
                );
            return files.FindAll(file => file.EndsWith(".yaml", StringComparison.Ordinal));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException or IOException)
        {
            problems.Add(new Problem(folder, 0, 0, "this folder may not be read by you", "run with sudo"));
            return [];
        }
    }

    /// <summary>Whether a file counts in the folder of drop-ins, or looks as if it did: not what an editor keeps there
    /// while a file is open.</summary>
    internal static bool IsDropIn(string file) =>
        !Path.GetFileName(file).StartsWith('.') && Path.GetExtension(file) is ".yaml" or ".yml";

    /// <summary>The content, or one byte more than is allowed. A pipe such as /dev/stdin has no length to ask for.</summary>
    private static byte[] Bytes(string file, int limit)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var content = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (var count = 1; count > 0 && content.Length <= limit; )
        {
            count = stream.Read(buffer);
            content.Write(buffer, 0, count);
        }
        return content.ToArray();
    }
}
