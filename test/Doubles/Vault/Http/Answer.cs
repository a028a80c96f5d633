using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>What is answered, and whether the question is one that the double models at all.</summary>
internal sealed record Answer(int Status, JsonObject? Body, bool Modelled = true)
{
    /// <summary>In place of a JSON body.</summary>
    public string? Text { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Answer NoContent { get; } = new(204, null);

    /// <summary>Nothing is there, and never was.</summary>
    public static Answer Missing => Errors(404);

    /// <summary>The token is good, the policy does not reach this far.</summary>
    public static Answer Denied => Errors(403, "1 error occurred:\n\t* permission denied\n\n");

    public static Answer NoRoute(string path) =>
        Errors(404, $"no handler for route \"{path}\". route entry not found.");

    /// <summary>A place that Vault knows, a method that it does not take there.</summary>
    public static Answer NoSuchMethod =>
        Errors(405, "1 error occurred:\n\t* unsupported operation\n\n") with
        {
            Modelled = false,
        };

    /// <summary>A place below a mount that this double knows nothing of.</summary>
    public static Answer NoSuchPath =>
        Errors(404, "1 error occurred:\n\t* unsupported path\n\n") with
        {
            Modelled = false,
        };

    public static Answer Errors(int status, params string[] errors) =>
        new(status, new JsonObject { ["errors"] = new JsonArray([.. errors.Select(error => (JsonNode)error)]) });

    public static Answer Data(JsonObject? data, int status = 200) => new(status, Envelope(data, null));

    public static Answer Auth(JsonObject auth, params string[] warnings)
    {
        var body = Envelope(null, auth);
        if (warnings.Length > 0)
            body["warnings"] = new JsonArray([.. warnings.Select(warning => (JsonNode)warning)]);
        return new Answer(200, body);
    }

    public static JsonObject Envelope(JsonObject? data, JsonObject? auth) =>
        new()
        {
            ["request_id"] = Guid.NewGuid().ToString(),
            ["lease_id"] = "",
            ["renewable"] = false,
            ["lease_duration"] = 0,
            ["data"] = data,
            ["wrap_info"] = null,
            ["warnings"] = null,
            ["auth"] = auth,
        };
}

/// <summary>A question as far as it is understood: who may ask has been settled.</summary>
internal sealed record Call(
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Query,
    JsonObject Body,
    Realm Realm,
    Token Token
)
{
    public bool Writes => Method is "POST" or "PUT";
}
