using System.Text.Json.Nodes;

namespace Berth.Credentials;

/// <summary>The last good copy of an agent's logins: taken by merging, given back by merging. Only login objects are
/// ever copied or replaced; what other tools keep in the same file stays as it is.</summary>
public static class LoginCopy
{
    /// <summary>The copy after looking at the file once more.</summary>
    /// <param name="agent">Whose file.</param>
    /// <param name="file">The file's JSON.</param>
    /// <param name="copy">The copy so far; null for none.</param>
    /// <returns>Null when nothing in the file is better than the copy: blank, wiped or older logins never replace a
    /// good one.</returns>
    public static JsonObject? Taken(AgentLogin agent, JsonObject file, JsonObject? copy)
    {
        var next = copy?.DeepClone().AsObject() ?? [];
        var better = false;
        foreach (var entry in agent.Entries(file).Where(entry => entry.State is LoginState.Good))
        {
            if (copy is not null && Known(agent, copy, entry.Key) is { State: LoginState.Good } known)
            {
                if (entry.Freshness < known.Freshness || JsonNode.DeepEquals(file[entry.Key], copy[entry.Key]))
                    continue;
            }
            next[entry.Key] = file[entry.Key]!.DeepClone();
            better = true;
        }
        // Codex tells the freshness beside its tokens.
        if (better && agent == AgentLogin.Codex && file["last_refresh"] is { } refreshed)
            next["last_refresh"] = refreshed.DeepClone();
        return better ? next : null;
    }

    /// <summary>The file with its wiped logins replaced from the copy, siblings untouched.</summary>
    /// <param name="agent">Whose file.</param>
    /// <param name="text">The file as it is; null when there is none.</param>
    /// <param name="copy">The last good copy.</param>
    /// <param name="evenGood">Also replace logins that look good: the provider refuses them.</param>
    /// <returns>Null when there is nothing to heal. A file or login that is gone was signed out on purpose and is not
    /// brought back.</returns>
    public static JsonObject? Healed(AgentLogin agent, string? text, JsonObject? copy, bool evenGood = false)
    {
        if (text is null || copy is null)
            return null;
        var file = AgentLogin.Parse(text);
        if (file is null)
            // Cut short: what the siblings were cannot be read; the login at least is brought back.
            return agent.Entries(copy).Any(entry => entry.State is LoginState.Good)
                ? copy.DeepClone().AsObject()
                : null;
        var healed = file.DeepClone().AsObject();
        var changed = false;
        foreach (var entry in agent.Entries(file))
        {
            var replace =
                entry.State is LoginState.Wiped
                || (
                    evenGood && entry.State is LoginState.Good && !JsonNode.DeepEquals(file[entry.Key], copy[entry.Key])
                );
            if (!replace || Known(agent, copy, entry.Key) is not { State: LoginState.Good })
                continue;
            healed[entry.Key] = copy[entry.Key]!.DeepClone();
            changed = true;
        }
        if (changed && agent == AgentLogin.Codex && copy["last_refresh"] is { } refreshed)
            healed["last_refresh"] = refreshed.DeepClone();
        return changed ? healed : null;
    }

    private static LoginEntry? Known(AgentLogin agent, JsonObject copy, string key) =>
        agent.Entries(copy).FirstOrDefault(entry => entry.Key == key);
}
