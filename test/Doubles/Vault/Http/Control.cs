using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Berth.Doubles.Vault;

/// <summary>What a shell script may tell the double, and ask it: from this machine only, without a token.</summary>
internal sealed class Control(VaultDouble vault, VaultState state)
{
    public async Task Handle(HttpContext context)
    {
        var (status, body) = await Answer(context);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(
            Encoding.UTF8.GetBytes(body.ToJsonString() + "\n"),
            context.RequestAborted
        );
    }

    private async Task<(int Status, JsonObject Body)> Answer(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } from || !IPAddress.IsLoopback(from))
            return (403, new JsonObject { ["error"] = "from this machine only" });
        var what = context.Request.Path.Value!["/_double".Length..].Trim('/');
        switch (context.Request.Method, what)
        {
            case ("GET", "requests"):
                return (200, Requests());
            case ("POST", "reset"):
                vault.Heal();
                vault.ForgetRequests();
                return Done();
            case ("DELETE", "fault"):
                vault.Heal();
                return Done();
        }
        JsonObject body;
        try
        {
            body =
                await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) as JsonObject
                ?? [];
        }
        catch (JsonException)
        {
            return Wrong("a JSON object is expected");
        }
        return (context.Request.Method, what) switch
        {
            ("POST", "fault") => Fault(body),
            ("POST", "clock") => Clock(body),
            _ => (404, new JsonObject { ["error"] = "requests, reset, fault, clock" }),
        };
    }

    private static (int, JsonObject) Done() => (200, new JsonObject { ["done"] = true });

    private static (int, JsonObject) Wrong(string why) => (400, new JsonObject { ["error"] = why });

    private (int, JsonObject) Fault(JsonObject body)
    {
        var unknown = body.Select(pair => pair.Key)
            .Except(["kind", "path", "method", "times", "by", "retry_after", "location"], StringComparer.Ordinal)
            .FirstOrDefault();
        if (unknown is not null)
            return Wrong($"unknown key {unknown}");
        var kind = Text(body["kind"])
            .Replace("_", "", StringComparison.Ordinal)
            .Replace("-", "", StringComparison.Ordinal);
        if (
            !Enum.TryParse<FaultKind>(kind, ignoreCase: true, out var what)
            || !Enum.IsDefined(what)
            || char.IsDigit(kind[0])
        )
            return Wrong("kind: one of " + string.Join(", ", Enum.GetNames<FaultKind>()));
        var (path, method) = (Text(body["path"]), Text(body["method"]));
        vault.Fault(
            new Fault(
                what,
                request =>
                    request.Path.StartsWith(path, StringComparison.Ordinal)
                    && (method.Length == 0 || request.Method == method),
                body["times"] is JsonValue times && times.TryGetValue<int>(out var count) ? count : null
            )
            {
                By = Durations.Parse(body["by"]) is { } by && by != TimeSpan.Zero ? by : TimeSpan.FromSeconds(1),
                RetryAfter =
                    body["retry_after"] is JsonValue after && after.TryGetValue<int>(out var seconds) ? seconds : 1,
                Location = Text(body["location"]) is { Length: > 0 } place ? place : "https://elsewhere.invalid/v1/",
            }
        );
        return Done();
    }

    private (int, JsonObject) Clock(JsonObject body)
    {
        if (Durations.Parse(body["advance"]) is not { } by || by <= TimeSpan.Zero)
            return Wrong("advance: a duration such as 2h");
        vault.Clock.Advance(by);
        return (200, new JsonObject { ["now"] = Durations.Moment(vault.Clock.GetUtcNow()) });
    }

    private JsonObject Requests()
    {
        static JsonObject Counted(IEnumerable<VaultRequest> requests)
        {
            var counts = new JsonObject();
            foreach (var group in requests.GroupBy(request => $"{request.Method} {request.Path}").OrderBy(g => g.Key))
                counts[group.Key] = group.Count();
            return counts;
        }
        return new JsonObject
        {
            ["total"] = state.Requests.Count,
            ["paths"] = Counted(state.Requests),
            ["unexpected"] = Counted(state.Unexpected),
        };
    }

    private static string Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
