using System.Globalization;
using System.Text;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>A moment as a person reads it: each surface, and in it who had started whom.</summary>
public static class ReplayText
{
    /// <param name="scene">The moment.</param>
    /// <param name="user">Whose surfaces; null for everybody's.</param>
    /// <param name="zone">Where the reader's clock stands.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static string Render(RingScene scene, string? user, TimeZoneInfo zone, int width)
    {
        var at = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(scene.Milliseconds), zone);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd HH:mm:ss}\n");
        foreach (var surface in scene.Surfaces.Where(surface => user is null || surface.User == user))
        {
            var name = new Surface(surface.Kind, surface.User, surface.Cgroup).Says;
            text.Append(
                $"{name}: {Words.Memory(surface.Current)}{(surface.Cap > 0 ? $" of {Words.Cap(surface.Cap)}" : "")}, {Words.Count(surface.Tasks, "task")}"
            );
            if (surface.Kills > 0)
                text.Append($", {Words.Count(surface.Kills, "kill")} since it was started");
            text.Append('\n');
            var processes = scene.Processes.Where(process => process.Surface == surface).ToList();
            var children = processes.ToLookup(process => process.Parent);
            var pids = processes.Select(process => process.Pid).ToHashSet();
            var shown = new HashSet<int>();
            foreach (var top in processes.Where(process => !pids.Contains(process.Parent)))
                Branch(text, top, children, shown, 1, width);
            // A pid that was given again can make a ring of parents.
            foreach (var process in processes)
                Branch(text, process, children, shown, 1, width);
        }
        return text.ToString();
    }

    private static void Branch(
        StringBuilder text,
        SceneProcess process,
        ILookup<int, SceneProcess> children,
        HashSet<int> shown,
        int depth,
        int width
    )
    {
        if (!shown.Add(process.Pid))
            return;
        var indent = new string(' ', Math.Min(depth, 20) * 2);
        var head = $"{process.Pid, 7} {Words.Memory(process.Bytes), 9} {indent}";
        var agent = process.Agent is AgentKind.None ? "" : $"[{process.Agent.ToString().ToLowerInvariant()}] ";
        text.Append(head)
            .Append(agent)
            .Append(
                Words.Short(
                    process.Argv.Length > 0 ? process.Argv : "(unread)",
                    Math.Max(20, width - head.Length - agent.Length)
                )
            )
            .Append('\n');
        foreach (var child in children[process.Pid].OrderBy(child => child.Start).ThenBy(child => child.Pid))
            Branch(text, child, children, shown, depth + 1, width);
    }
}
