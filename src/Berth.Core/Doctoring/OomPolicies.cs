namespace Berth.Doctoring;

/// <summary>OOMPOLICY-SERVICE, OOMPOLICY-SCOPE and OOMPOLICY-LIVE: what systemd does after the kernel has killed.</summary>
internal static class OomPolicies
{
    private const string Continue = "continue";

    /// <summary>First systemd whose scopes have an OOMPolicy.</summary>
    private const int ScopesHaveOne = 253;

    public static IEnumerable<Finding> Services(Landscape host)
    {
        foreach (var server in host.Servers.Where(server => server.OomPolicy is "stop" or "kill"))
            yield return Finding.Of(
                "OOMPOLICY-SERVICE",
                server.Name,
                $"OOMPolicy={server.OomPolicy} on the running unit",
                "the kernel kills one runaway tool at the cap, and systemd then stops the whole unit: the server with every conversation in it",
                Fixes.Edit(server.Name, $"OOMPolicy={Continue}")
            );
    }

    public static IEnumerable<Finding> Scopes(Landscape host)
    {
        if (host.Snapshot.Systemd < ScopesHaveOne || host.Snapshot.ScopePolicy is not ("stop" or "kill"))
            yield break;
        var panes = host
            .Work.Select(process => process.Cgroup)
            .Where(IsManagersScope)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (panes.Count > 0)
            yield return Finding.Of(
                "OOMPOLICY-SCOPE",
                "/etc/systemd/user/scope.d",
                $"no file there says OOMPolicy={Continue}; {panes.Count} panes or other user scopes are open, such as {panes[0][(panes[0].LastIndexOf('/') + 1)..]}",
                "the kernel kills the right process in a tmux pane, and systemd then tears the pane down, shell and agent and all",
                $"mkdir -p /etc/systemd/user/scope.d; printf '[Scope]\\nOOMPolicy={Continue}\\n' > /etc/systemd/user/scope.d/50-oom.conf; systemctl --user daemon-reload as each person"
            );
    }

    public static IEnumerable<Finding> Live(Landscape host)
    {
        foreach (
            var server in host.Servers.Where(server =>
                server.FilePolicy is { } file && server.OomPolicy.Length > 0 && file != server.OomPolicy
            )
        )
            yield return Finding.Of(
                "OOMPOLICY-LIVE",
                server.Name,
                $"its files say OOMPolicy={server.FilePolicy}, the running unit has {server.OomPolicy}",
                "the file looks right and is not in force: the next kill goes by what runs",
                "systemctl daemon-reload"
            );
    }

    private static bool IsManagersScope(string cgroup) =>
        cgroup.Contains("/user@", StringComparison.Ordinal)
        && cgroup.EndsWith(".scope", StringComparison.Ordinal)
        && !cgroup.EndsWith("/init.scope", StringComparison.Ordinal);
}
