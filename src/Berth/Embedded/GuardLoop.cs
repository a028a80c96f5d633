using Berth.Host;
using Berth.Rosters;

namespace Berth.Embedded;

/// <summary>Looks at every server's tree now and then: kills what is over the cap where the kernel holds none, and
/// sweeps what a killed hold has left behind.</summary>
internal sealed class GuardLoop(ServerSet servers, CgroupCaps? caps, EngineView view)
{
    private readonly Dictionary<string, long> _kills = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
                await Task.Delay(Look(), stop);
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private TimeSpan Look()
    {
        var pause = TimeSpan.FromSeconds(1);
        var tree = ProcessTree.Now();
        Sweep(tree);
        foreach (var server in servers.All.Where(server => server.HoldPid != 0))
        {
            if (caps is null)
                pause = Min(pause, Watch(tree, server));
            else
                Count(server, caps);
        }
        return pause;
    }

    private TimeSpan Watch(ProcessTree tree, EmbeddedServer server)
    {
        var processes = tree.Below(server.HoldPid)
            .Select(process => new TreeProcess(process.Pid, ProcessTree.Rss(process), process.Pid == server.ServerPid))
            .ToList();
        var sum = processes.Sum(process => process.Rss);
        if (Guard.Victim(processes, server.Placement.Cap) is { } victim)
        {
            var argv = ProcessTree.Argv(victim.Pid);
            _ = Native.Kill(victim.Pid, Native.SigKill);
            var rest = victim.IsServer ? "that was the server itself, which is started again" : "the server goes on";
            view.Event(
                "killed",
                server.User,
                $"killed '{argv}' (pid {victim.Pid}, {Size.Show(victim.Rss)}): all of it held {Size.Show(sum)}, the cap is {Size.Show(server.Placement.Cap)}; {rest}"
            );
        }
        return Guard.Pause(sum, server.Placement.Cap);
    }

    private void Count(EmbeddedServer server, CgroupCaps kernel)
    {
        var (name, kills) = (server.User, kernel.Kills(server.User));
        var before = _kills.GetValueOrDefault(name);
        if (kills > before)
            view.Event(
                "killed",
                name,
                $"the kernel killed {kills - before} process{(kills - before == 1 ? "" : "es")} at the cap of {Size.Show(server.Placement.Cap)}"
            );
        _kills[name] = kills;
    }

    /// <summary>What a hold that was itself killed leaves behind falls to this process (PR_SET_CHILD_SUBREAPER).</summary>
    private void Sweep(ProcessTree tree)
    {
        var holds = servers.All.Select(server => server.HoldPid).ToHashSet();
        foreach (var child in tree.ChildrenOf(Environment.ProcessId))
        {
            if (
                holds.Contains(child.Pid)
                || child.State is 'Z'
                || ProcessTree.Argv(child.Pid).Contains(" hold --log ", StringComparison.Ordinal)
            )
                continue;
            ProcessTree.KillBelow(child.Pid);
            _ = Native.Kill(child.Pid, Native.SigKill);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
