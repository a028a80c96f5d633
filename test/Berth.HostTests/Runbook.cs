using Berth.Checkout;
using Berth.HostTests.Machine;

namespace Berth.HostTests;

/// <summary>The commands that a page shows as root's.</summary>
internal static class Runbook
{
    public static List<string> Commands(string file)
    {
        var (commands, inside) = (new List<string>(), false);
        foreach (var line in File.ReadLines(Repository.Path(file)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line is "```console";
            else if (inside && line.StartsWith("# ", StringComparison.Ordinal))
                commands.Add(line[2..]);
        }
        return commands;
    }
}
