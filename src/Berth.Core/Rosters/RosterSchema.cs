using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Berth.Rosters;

/// <summary>The JSON schema (draft 2020-12) of a roster, for editors; made from <see cref="RosterKeys"/>. It knows
/// shapes and ranges; what holds between keys only <see cref="RosterReader"/> checks.</summary>
public static class RosterSchema
{
    private static readonly JsonSerializerOptions s_readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Text()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Berth roster",
            ["description"] = "The one file that declares host, servers and users.",
        };
        AddObject(schema, RosterKeys.Top);
        return schema.ToJsonString(s_readable) + "\n";
    }

    private static JsonObject AddObject(JsonObject schema, IReadOnlyList<RosterKey> keys)
    {
        var properties = new JsonObject();
        foreach (var key in keys)
            properties[key.Name] = Property(key);
        schema["type"] = Types("object", "null");
        schema["additionalProperties"] = false;
        schema["properties"] = properties;
        return schema;
    }

    private static JsonObject Property(RosterKey key)
    {
        var property = new JsonObject
        {
            ["description"] = key.Default.Length > 0 ? $"{key.Description} Default: {key.Default}." : key.Description,
        };
        switch (key.Kind)
        {
            case ValueKind.Section:
                AddObject(property, key.Keys);
                break;
            case ValueKind.Entries:
                property["type"] = Types("object", "null");
                property["additionalProperties"] = false;
                property["patternProperties"] = new JsonObject
                {
                    [key.NamePattern] = AddObject(new JsonObject(), key.Keys),
                };
                break;
            case ValueKind.Flag:
                property["type"] = "boolean";
                break;
            case ValueKind.Number:
                property["type"] = "integer";
                property["minimum"] = key.Range.Least;
                property["maximum"] = key.Range.Most;
                break;
            case ValueKind.Size:
                property["type"] = "string";
                property["pattern"] = "^[0-9]+(\\.[0-9]+)?([KMGTkmgt](i?B)?|%)$";
                break;
            case ValueKind.Ports:
                property["type"] = Types("string", "integer");
                property["pattern"] = "^[0-9]{4,5}(-([0-9]{4,5})?)?$";
                property["minimum"] = RosterKeys.PortRange.Least;
                property["maximum"] = RosterKeys.PortRange.Most;
                break;
            case ValueKind.Words:
                property["type"] = Types("string", "array");
                property["items"] = new JsonObject { ["type"] = Types("string", "number", "boolean") };
                break;
            case ValueKind.Variables:
                property["type"] = "object";
                property["patternProperties"] = new JsonObject
                {
                    ["^[A-Za-z_][A-Za-z0-9_]*$"] = new JsonObject { ["type"] = Types("string", "number", "boolean") },
                };
                property["additionalProperties"] = false;
                break;
            default:
                property["type"] = "string";
                break;
        }
        if (key.Choices.Count > 0)
            property["enum"] = Types([.. key.Choices]);
        return property;
    }

    private static JsonArray Types(params ReadOnlySpan<string> names)
    {
        var array = new JsonArray();
        foreach (var name in names)
            array.Add((JsonNode)name);
        return array;
    }
}
