using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Berth.Gateway;
using Microsoft.AspNetCore.Http;

namespace Berth.Hooks;

/// <summary>Takes a message as JSON of the promised shape, each delivery once; answers as it is told to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _moods = new();
    private TestServer _server = null!;

    /// <summary>Deliveries as they were accepted: <c>began alice</c>.</summary>
    public SynchronizedLines Took { get; } = new();

    public SynchronizedLines Seen { get; } = new();

    public string Url => $"http://127.0.0.1:{_server.Port}/secret-path";

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        receiver._server = await TestServer.StartAsync(receiver.AnswerAsync);
        return receiver;
    }

    /// <summary>The next requests are answered by these, in turn.</summary>
    public void Mood(params ReadOnlySpan<Func<HttpContext, Task>> moods)
    {
        foreach (var mood in moods)
            _moods.Enqueue(mood);
    }

    public static Task Answers(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        Seen.Add(context.Request.Headers["X-Berth-Delivery"].ToString());
        if (_moods.TryDequeue(out var mood))
        {
            await mood(context);
            return;
        }
        var json = JsonNode.Parse(body)!;
        if (
            context.Request.Method != "POST"
            || context.Request.Path != "/secret-path"
            || context.Request.ContentType != "application/json"
            || (string?)json["delivery"] != context.Request.Headers["X-Berth-Delivery"]
        )
        {
            context.Response.StatusCode = 400;
            return;
        }
        var what = json["incidents"] is JsonArray many ? $"{many.Count} incidents" : (string?)json["incident"]!["user"];
        Took.Add($"{json["event"]} {what}");
    }
}
