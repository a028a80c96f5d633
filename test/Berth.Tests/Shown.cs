using Spectre.Console;
using Spectre.Console.Rendering;
using Xunit;

namespace Berth;

/// <summary>What a terminal shows of a table.</summary>
internal static class Shown
{
    /// <returns>Its lines without blanks at their ends, none of them empty or wider than the terminal.</returns>
    public static IReadOnlyList<string> Lines(IRenderable table, int width)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(output),
            }
        );
        console.Profile.Width = width;
        console.Write(table);
        var lines = output.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd()).ToList();
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        return lines;
    }
}
