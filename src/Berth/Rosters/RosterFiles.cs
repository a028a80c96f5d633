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

    /// <summary>Where tools keep users of their own.</summary>
    public static string DropInFolder(string roster) =>
        Path.Join(Path.GetDirectoryName(Path.GetFullPath(roster)), "users.d");

    public static RosterReading Load(string roster) => Load(roster, null);

    /// <param name="roster">The main file.</param>
    /// <param name="edit">A drop-in as it is about to be written, read in place of the file of that name.</param>
    public static RosterReading Load(string roster, RosterText? edit)
    {
        var problems = new List<Problem>();
        var main = Read(roster, problems);
        var folder = DropInFolder(roster);
        var names = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.yaml") : [];
        var dropIns = names
            .Append(edit?.File)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(name => name == edit?.File ? edit : Read(name, problems))
            .OfType<RosterText>()
            .ToList();
        return main is null || problems.Count > 0
            ? new RosterReading(null, problems)
            : RosterReader.Read(main, dropIns);
    }

    private static RosterText? Read(string file, List<Problem> problems)
    {
        void Report(string message, string hint) => problems.Add(new Problem(file, 0, 0, message, hint));
        try
        {
            var bytes = File.ReadAllBytes(file);
            if (bytes.Length <= MaxBytes)
                return new RosterText(file, s_strict.GetString(bytes));
            Report(
                $"larger than {MaxBytes >> 20} MiB",
                "a roster of 10,000 people is smaller: is this the right file?"
            );
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
            Report(
                Directory.Exists(file) ? "is a folder" : "may not be read by you",
                "name the roster file with '--roster FILE', or run with sudo"
            );
        }
        catch (DecoderFallbackException)
        {
            Report("is not UTF-8 text", "save it as UTF-8");
        }
        catch (IOException wrong)
        {
            Report(wrong.Message, "");
        }
        return null;
    }
}
