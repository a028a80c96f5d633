using Spectre.Console;
using Spectre.Console.Rendering;

namespace Berth.Commands;

/// <summary>The terminal that this process writes to.</summary>
public static class Terminal
{
    /// <summary>Columns; 100 where the output is no terminal.</summary>
    public static int Width
    {
        get
        {
            if (Console.IsOutputRedirected)
                return int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), out var columns) ? columns : 100;
            return Math.Max(Console.WindowWidth, 40);
        }
    }

    /// <summary>Writes a table or the like, as wide as the terminal, in colour only on a terminal.</summary>
    public static void Write(IRenderable content)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Width;
        console.Write(content);
    }
}
