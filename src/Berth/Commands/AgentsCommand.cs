using System.CommandLine;
using Berth.Containment;
using Berth.Host;

namespace Berth.Commands;

/// <summary><c>berth agents</c>: what berth-agents.service runs, until it is told to end.</summary>
public static class AgentsCommand
{
    /// <summary>Where the kernel tells of no forks, servers are looked at this often.</summary>
    private static readonly TimeSpan s_often = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var command = new Command("agents", "Keep what a server starts in a cgroup of its own") { Hidden = true };
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        if (Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine(
                "berth: this moves people's processes between cgroups and is run by berth-agents.service"
            );
            return ExitCodes.Failed;
        }
        var cgroups = new AgentCgroups(HostPaths.Live, TimeProvider.System, Console.Out.WriteLine);
        using var connector = ProcessConnector.Open();
        cgroups.Find();
        if (connector is null)
            Console.Out.WriteLine("this kernel tells of no forks: servers are looked at once a second");
        while (true)
        {
            if (connector is null)
                Thread.Sleep(s_often);
            else if (connector.Next(out var happened))
            {
                cgroups.Heard(happened);
                continue;
            }
            cgroups.Find();
        }
    }
}
