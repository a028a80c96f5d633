using Berth.Rosters;

namespace Berth.Doctoring;

/// <summary>Phrases that several rules share.</summary>
internal static class Words
{
    public static string Processes(int count) => count == 1 ? "1 process" : $"{count} processes";

    public static string Of(ProcessSeen process) => $"{process.Name} (pid {process.Pid}, {Size.Show(process.Rss)})";

    public static string Largest(IReadOnlyList<ProcessSeen> processes) =>
        $"the largest {Of(processes.MaxBy(process => process.Rss)!)}";
}
