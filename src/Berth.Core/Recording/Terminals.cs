namespace Berth.Recording;

/// <summary>On whose terminal a person may be told of a kill.</summary>
public static class Terminals
{
    private const int Deepest = 16;

    /// <summary>The nearest shell above a process that has ended, if that one lives and is its owner's. Where an agent is
    /// above it, the terminal shows the agent's own picture, and a line would only spoil it.</summary>
    /// <param name="table">The processes.</param>
    /// <param name="parent">Who forked the one that has ended.</param>
    /// <param name="uid">Its owner.</param>
    /// <returns>Null when there is none.</returns>
    public static TrackedProcess? Shell(ProcessTable table, int parent, int uid)
    {
        var process = table.Find(parent);
        for (var i = 0; i < Deepest && process is not null && process.Uid == uid; i++)
        {
            if (process.IsAgent)
                return null;
            if (process.Program.Program.TrimStart('-') is "bash" or "sh" or "dash" or "zsh" or "fish" or "ksh")
                return process;
            process = table.Find(process.Parent);
        }
        return null;
    }
}
