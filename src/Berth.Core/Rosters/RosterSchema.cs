using System.Text.Json;
using System.Text.Json.Nodes;

namespace Berth.Rosters;

/// <summary>The JSON schema (draft 2020-12) of a roster, for editors; made from <see cref="RosterKeys"/>.</summary>
public static class RosterSchema
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static string Text()
    {
        var root = Object(RosterKeys.Top);
        var parts = root["properties"]!.AsObject();
        parts["host"] = Object(RosterKeys.Host);
        var gateway = Object(RosterKeys.Gateway);
        gateway["properties"]!["identity"] = Object(RosterKeys.Identity);
        parts["gateway"] = gateway;
        parts["store"] = Object(RosterKeys.Store);
        parts["servers"] = Map(Object(RosterKeys.Server), "^[a-z][a-z0-9-]{0,30}$");
        parts["defaults"] = Object(RosterKeys.Defaults);
        parts["users"] = Map(Object(RosterKeys.User), "^[a-z_][a-z0-9_-]{0,31}$");
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Berth roster",
        };
        foreach (var (name, value) in root.ToList())
        {
            root.Remove(name);
            schema[name] = value;
        }
        return schema.ToJsonString(s_indented) + "\n";
    }

    private static JsonObject Map(JsonObject item, string names) =>
        new()
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["patternProperties"] = new JsonObject { [names] = item },
        };

    private static JsonObject Object(IReadOnlyList<RosterKey> keys)
    {
        var properties = new JsonObject();
        foreach (var key in keys)
            properties[key.Name] = Property(key);
        return new JsonObject
        {
            ["type"] = new JsonArray("object", "null"),
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
    }

    private static JsonObject Property(RosterKey key)
    {
        var property = key.Kind switch
        {
            ValueKind.Flag => new JsonObject { ["type"] = "boolean" },
            ValueKind.Number => new JsonObject { ["type"] = "integer" },
            ValueKind.Size => new JsonObject
            {
                ["type"] = "string",
                ["pattern"] = "^[0-9]+(\\.[0-9]+)?([KMGTkmgt](i?B)?|%)$",
            },
            ValueKind.Ports => new JsonObject
            {
                ["type"] = new JsonArray("string", "integer"),
                ["pattern"] = "^[0-9]+(-[0-9]*)?$",
            },
            ValueKind.Words => new JsonObject
            {
                ["type"] = new JsonArray("string", "array"),
                ["items"] = new JsonObject { ["type"] = "string" },
            },
            ValueKind.Variables => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") },
            },
            _ => new JsonObject { ["type"] = "string" },
        };
        if (key.Choices.Count > 0)
            property["enum"] = new JsonArray([.. key.Choices.Select(choice => JsonValue.Create(choice))]);
        property["description"] =
            key.Default.Length > 0 ? $"{key.Description} Default: {key.Default}." : key.Description;
        return property;
    }
}
