using System.Runtime.CompilerServices;
using Xunit;

namespace Berth;

/// <summary>Files that hold what something rendered. With <c>BERTH_UPDATE_GOLDEN=1</c> they are written anew, to be read
/// in the diff.</summary>
internal static class Golden
{
    public static string Repository { get; } = Path.GetFullPath(Path.Join(Here(), "..", ".."));

    public static string Read(string path) => File.ReadAllText(Path.Join(Repository, path));

    /// <param name="path">Relative to the repository.</param>
    public static void Equal(string path, string rendered)
    {
        var file = Path.Join(Repository, path);
        if (Environment.GetEnvironmentVariable("BERTH_UPDATE_GOLDEN") is "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, rendered);
        }
        Assert.True(File.Exists(file), $"{path} is missing; BERTH_UPDATE_GOLDEN=1 writes it");
        Assert.Equal(File.ReadAllText(file), rendered);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
