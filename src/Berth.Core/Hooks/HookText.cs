using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Incidents;

namespace Berth.Hooks;

/// <summary>A message as a receiver gets it.</summary>
/// <param name="ContentType">What it is.</param>
/// <param name="Body">Its text.</param>
public sealed record HookBody(string ContentType, string Body);

/// <summary>Writes messages.</summary>
public static class HookText
{
    /// <summary>Lines of a digest that name incidents; the rest is counted.</summary>
    private const int MostLines = 5;

    /// <param name="message">What to tell.</param>
    /// <param name="format">For whom.</param>
    /// <param name="host">Name of this host.</param>
    public static HookBody Render(HookMessage message, HookFormat format, string host) =>
        format switch
        {
            HookFormat.Json => new HookBody("application/json", Json(message, host).ToJsonString()),
            HookFormat.Slack => new HookBody(
                "application/json",
                new JsonObject { ["text"] = Escaped(Text(message, host)) }.ToJsonString()
            ),
            _ => new HookBody("text/plain; charset=utf-8", Text(message, host)),
        };

    private static JsonObject Json(HookMessage message, string host)
    {
        var json = new JsonObject
        {
            ["event"] = Name(message.Event),
            ["delivery"] = message.Id,
            ["host"] = host,
        };
        if (message.Event is HookEvent.Digest)
            json["incidents"] = new JsonArray([.. message.Incidents.Select(incident => (JsonNode)Json(incident))]);
        else if (message.Incidents is [var one])
            json["incident"] = Json(one);
        return json;
    }

    private static JsonObject Json(Incident incident) =>
        new()
        {
            ["id"] = incident.Id,
            ["kind"] = Incident.Name(incident.Kind),
            ["user"] = incident.User,
            ["start"] = incident.Start,
            ["end"] = incident.End,
            ["count"] = incident.Count,
            ["sentence"] = incident.Sentence,
            ["outcome"] = incident.Outcome,
            ["nextStep"] = incident.NextStep,
            ["evidence"] = new JsonArray([.. incident.Evidence.Select(line => (JsonNode)line)]),
        };

    private static string Text(HookMessage message, string host)
    {
        if (message.Incidents is not [var one])
            return message.Event is HookEvent.Test
                ? $"[{host}] a test message of Berth: nothing has happened"
                : Digest(message.Incidents, host);
        if (message.Event is HookEvent.Test)
            return $"[{host}] a test message of Berth: nothing has happened";
        var text = new StringBuilder($"[{host}] {Incident.Name(one.Kind)}");
        if (message.Event is HookEvent.Ended)
            text.Append(" is over");
        text.Append(": ").Append(one.Sentence);
        if (one.Count > 1)
            text.Append($" ({Words.Count(one.Count, "time")})");
        text.Append('.');
        if (one.Outcome.Length > 0)
            text.Append("\nOutcome: ").Append(one.Outcome).Append('.');
        if (one.NextStep.Length > 0 && message.Event is not HookEvent.Ended)
            text.Append("\nNext: ").Append(one.NextStep);
        return text.ToString();
    }

    private static string Digest(IReadOnlyList<Incident> incidents, string host)
    {
        var kinds = incidents
            .CountBy(incident => incident.Kind)
            .OrderByDescending(kind => kind.Value)
            .Select(kind => $"{kind.Value} × {Incident.Name(kind.Key)}");
        var text = new StringBuilder(
            $"[{host}] {Words.Count(incidents.Count, "incident")}: {string.Join(", ", kinds)}"
        );
        foreach (var one in incidents.TakeLast(MostLines))
            text.Append("\n- ").Append(Words.Short(one.Sentence, 200));
        if (incidents.Count > MostLines)
            text.Append($"\n… and {incidents.Count - MostLines:N0} before them: berth incidents");
        return text.ToString();
    }

    /// <summary>What would be a link or a mention is text.</summary>
    private static string Escaped(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Name(HookEvent happened) => JsonNamingPolicy.KebabCaseLower.ConvertName(happened.ToString());
}
