using System.Diagnostics;
using Xunit;

namespace Berth.Checkout;

/// <summary>The checkout that these tests belong to.</summary>
internal static class Repository
{
    private static readonly string s_root = Find();

    public static string Path(string relative) => System.IO.Path.Join(s_root, relative);

    /// <summary>Runs a script of the repository and gives what it printed; its failure is the test's, with its words.</summary>
    public static async Task<string> Script(string relative, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path(relative), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var (stdout, stderr) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{relative} failed: {await stderr}");
        return await stdout;
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Join(folder.FullName, "Berth.slnx")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException("these tests run from a checkout of the repository");
    }
}
