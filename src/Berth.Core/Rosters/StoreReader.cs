namespace Berth.Rosters;

/// <summary>Reads <c>store:</c>.</summary>
internal static class StoreReader
{
    public static StoreSettings Read(Section keys)
    {
        var said = keys.Choice("kind");
        var settings = new StoreSettings(
            said ?? "local",
            keys.Text("address"),
            keys.Text("path"),
            keys.Text("namespace"),
            keys.Text("ca-file")
        );
        if (keys.Has("kind") && said is null)
            return settings;
        if (settings.Kind is "local")
        {
            foreach (var entry in keys.Entries.Where(entry => entry.Key.Value is not "kind"))
                keys.Report(
                    entry.Key,
                    $"store: kind local has no use for {entry.Key.Value}",
                    "add 'kind: vault', or take it out"
                );
            return settings;
        }
        if (keys.Lacks("address"))
            keys.Report(keys.Node, "store: kind vault needs an address", "for example address: https://vault.example");
        else if (settings.Address is { } address && !Addresses.IsSecure(address))
            keys.Report(
                "address",
                // It may hold a password: not shown.
                "store: this address is not one to send tokens to",
                "write an https URL without a user or password in it (http is for loopback alone)"
            );
        if (keys.Lacks("path"))
            keys.Report(
                keys.Node,
                "store: kind vault needs a path",
                "for example path: secret/workstation/claude-users/{user}"
            );
        else if (settings.Path is { } path && !path.Contains("{user}", StringComparison.Ordinal))
            keys.Report(
                "path",
                $"store: path {Names.Shown(path)} is the same for everybody",
                "put {user} in it, for example secret/workstation/claude-users/{user}"
            );
        // A misspelt key stands in for the path, which is not there then.
        else if (
            settings.Path is { } place
            && !place.Replace("{user}", "", StringComparison.Ordinal).All(IsPathCharacter)
        )
            keys.Report(
                "path",
                $"store: path {Names.Shown(place)} holds a character that means something in an address or a policy",
                "use letters, digits, '.', '_', '-' and '/', and {user}"
            );
        Addresses.Absolute(keys, "ca-file", settings.CaFile);
        return settings;
    }

    private static bool IsPathCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/';
}
