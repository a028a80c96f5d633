using Berth.Host;
using Berth.Rosters;

namespace Berth.Embedded;

/// <summary>Looks at every server's tree now and then: kills what is over the cap where the kernel holds none, makes room
/// for a cap that was lowered where it does, and sweeps what a killed hold has left behind.</summary>
internal sealed class GuardLoop(ServerSet servers, CgroupCaps? caps, EngineView view)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(100);
    private readonly int _session = Native.SessionOf(0);
    private readonly Dictionary<string, long> _kills = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _killed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _looks = new(StringComparer.Ordinal);

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
            {
                Count(server, caps);
                if (caps.Cap(server.User) > server.Placement.Cap)
                    pause = Min(pause, Lower(tree, server, caps));
                else
                    _ = _looks.Remove(server.User);
            }
        }
        return pause;
    }

    private TimeSpan Watch(ProcessTree tree, EmbeddedServer server)
    {
        var processes = Processes(tree, server);
        var sum = processes.Sum(process => process.Rss);
        if (Guard.Victim(processes, server.Placement.Cap) is { } victim)
            Kill(server, victim, sum);
        return Guard.Pause(sum, server.Placement.Cap);
    }

    private TimeSpan Lower(ProcessTree tree, EmbeddedServer server, CgroupCaps kernel)
    {
        var (processes, looks) = (Processes(tree, server), _looks.GetValueOrDefault(server.User));
        _looks[server.User] = looks + 1;
        var step = Lowering.Of(processes, kernel.Held(server.User), server.Placement.Cap, looks);
        if (step.Victim is { } victim)
            Kill(server, victim, processes.Sum(process => process.Rss));
        if (step.IsReady)
            servers.Cap(server);
        return s_soon;
    }

    private static List<TreeProcess> Processes(ProcessTree tree, EmbeddedServer server) =>
        [
            .. tree.Below(server.HoldPid)
                .Select(process => new TreeProcess(
                    process.Pid,
                    ProcessTree.Rss(process),
                    process.Pid == server.ServerPid
                )),
        ];

    private void Kill(EmbeddedServer server, TreeProcess victim, long sum)
    {
        var argv = ProcessTree.Argv(victim.Pid);
        _ = Native.Kill(victim.Pid, Native.SigKill);
        // Whoever has much to give back is seen once more while it is dying.
        if (_killed.GetValueOrDefault(server.User) == victim.Pid)
            return;
        _killed[server.User] = victim.Pid;
        var rest = victim.IsServer ? "that was the server itself, which is started again" : "the server goes on";
        view.Event(
            "killed",
            server.User,
            $"killed '{argv}' (pid {victim.Pid}, {Size.Show(victim.Rss)}): all of it held {Size.Show(sum)}, the cap is {Size.Show(server.Placement.Cap)}; {rest}"
        );
    }

    private void Count(EmbeddedServer server, CgroupCaps kernel)
    {
        var (name, kills) = (server.User, kernel.Kills(server.User));
        var before = _kills.GetValueOrDefault(name);
        // A server that was stopped and started has a new cgroup.
        if (kills < before)
            before = 0;
        if (kills > before)
            view.Event(
                "killed",
                name,
                $"the kernel killed {kills - before} process{(kills - before == 1 ? "" : "es")} at the cap of {Size.Show(server.Placement.Cap)}"
            );
        _kills[name] = kills;
    }

    /// <summary>What a hold that was itself killed leaves behind falls to this process (PR_SET_CHILD_SUBREAPER). Nothing
    /// of it is in our session: a hold begins one of its own first. What is in ours we have started ourselves, such as the
    /// program that issues a sign-in.</summary>
    private void Sweep(ProcessTree tree)
    {
        var holds = servers.All.Select(server => server.HoldPid).ToHashSet();
        foreach (var child in tree.ChildrenOf(Environment.ProcessId))
        {
            if (
                holds.Contains(child.Pid)
                || child.State is 'Z'
                || child.Session == _session
                || ProcessTree.Argv(child.Pid).Contains(" hold --log ", StringComparison.Ordinal)
            )
                continue;
            ProcessTree.KillBelow(child.Pid);
            _ = Native.Kill(child.Pid, Native.SigKill);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
