using Xunit;

namespace Berth;

/// <summary>Golden files: what is rendered, as a reviewer sees it in a diff. <c>BERTH_GOLDEN=write</c> writes them anew.</summary>
internal static class Golden
{
    private static readonly string s_folder = Find();

    public static string Path(string relative) => System.IO.Path.GetFullPath(System.IO.Path.Join(s_folder, relative));

    public static string Text(string relative) => File.ReadAllText(Path(relative));

    public static void Matches(string relative, string actual)
    {
        if (Environment.GetEnvironmentVariable("BERTH_GOLDEN") is "write")
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(relative))!);
            File.WriteAllText(Path(relative), actual);
        }
        Assert.Equal(Text(relative), actual);
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Join(folder.FullName, "Berth.slnx")))
            folder = folder.Parent;
        return System.IO.Path.Join(
            folder?.FullName ?? throw new InvalidOperationException("run from a checkout"),
            "test/Berth.Tests"
        );
    }
}
