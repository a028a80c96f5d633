using Berth.Incidents;
using Berth.Planning;
using Berth.Rosters;

namespace Berth.Drilling;

/// <summary>What the host is before a drill.</summary>
/// <param name="Root">Whether this process is root.</param>
/// <param name="Systemd">Whether systemd runs here.</param>
/// <param name="MemoryController">Whether cgroup v2 is mounted with the memory controller.</param>
/// <param name="Waiting">Steps that an apply would still do.</param>
/// <param name="Available">Memory that is free for programs (<c>MemAvailable</c>), in bytes.</param>
/// <param name="Reserve">Memory kept for the system, in bytes.</param>
/// <param name="Stalled">Share of the last 10 s in which nothing ran for want of memory, in percent.</param>
/// <param name="Needed">The most that the drill will hold, in bytes.</param>
public sealed record Readiness(
    bool Root,
    bool Systemd,
    bool MemoryController,
    int Waiting,
    long Available,
    long Reserve,
    double Stalled,
    long Needed
);

/// <summary>Why a drill is not done. A refusal is never a pass.</summary>
public static class Refusals
{
    /// <summary>Above this share of stalled time, in percent, the box is in trouble of its own.</summary>
    public const double Pressure = 5;

    /// <summary>A drill that is under way is broken off above this, in percent.</summary>
    public const double Abort = 40;

    /// <summary>What this process and host must be, whatever is drilled.</summary>
    /// <returns>One clear line; null where nothing stands against it.</returns>
    public static string? Of(Readiness host) =>
        host switch
        {
            { Root: false } => "a drill changes the host and needs root; run it with sudo",
            { Systemd: false } => "this host does not run systemd: there is nothing here that a drill could prove",
            { MemoryController: false } =>
                "this host has no cgroup v2 with the memory controller: no cap can hold here (boot with systemd.unified_cgroup_hierarchy=1)",
            { Waiting: > 0 } =>
                $"the roster is not applied: {Words.Count(host.Waiting, "step")} to do; 'berth plan' shows them, 'berth apply' does them, then drill",
            { Stalled: > Pressure } =>
                $"this box waits for memory already ({host.Stalled:0}% of the last 10 s): a drill would hurt people; 'berth status' shows who holds it",
            _ when host.Available - host.Reserve < host.Needed =>
                $"the drill needs {Words.Memory(host.Needed)}, and {Words.Memory(Math.Max(0, host.Available - host.Reserve))} are free above the reserve of {Words.Memory(host.Reserve)}: try again when less runs",
            _ => null,
        };

    /// <summary>Whether this person's own surface may be drilled.</summary>
    /// <param name="name">The person; null for the drill's own people.</param>
    /// <param name="full">Scale <c>full</c>.</param>
    /// <param name="confirmed">They said yes.</param>
    public static string? Of(Roster roster, string? name, bool full, bool confirmed)
    {
        if (name is null)
            return full ? "'--scale full' drills a person's own surface: say whose with '--user NAME'" : null;
        if (roster.Users.FirstOrDefault(user => user.Name == name) is not { } user)
            return $"{Names.Shown(name)} is not in the roster ('berth users list' names everybody)";
        if (user.Parked || user.Removed)
            return $"{name} is {(user.Removed ? "removed" : "parked")}: there is no server to drill ('berth users unpark {name}', then 'berth apply')";
        if (user.Server is null)
            return $"{name} has no server: there is nothing to drill";
        if (!full)
            return $"a small drill has people of its own; '--scale full --user {name}' drills {name}'s own surface";
        return confirmed
            ? null
            : $"this ends a tool in {name}'s own surface at its real cap; say it again with '--yes' if {name} knows";
    }

    /// <summary>Whether one drill can be done here.</summary>
    /// <param name="real">A real person's surface is drilled.</param>
    public static string? Of(Scenario scenario, Roster roster, bool real)
    {
        foreach (var need in scenario.Needs)
        {
            var why = need switch
            {
                Need.Updates => "Berth has no updates yet: there is nothing to prove",
                Need.Store when roster.Store is null =>
                    "the roster names no store: nobody watches logins here (add 'store: {kind: local}', then 'berth apply')",
                Need.LocalStore when roster.Store is null =>
                    "the roster names no store (add 'store: {kind: local}', then 'berth apply')",
                Need.LocalStore when roster.Store is not { Kind: "local" } =>
                    "the roster's store is a Vault that people use: a drill writes nothing into it",
                Need.OwnPeople when real => "this is drilled with people of the drill's own alone: leave '--user' out",
                _ => null,
            };
            if (why is not null)
                return why;
        }
        return null;
    }

    /// <summary>Steps of a plan that a drill waits for: all but those that only a restart by hand does.</summary>
    public static int Waiting(Plan plan) => plan.Steps.Count + plan.Problems.Count;
}
