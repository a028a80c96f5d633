using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Doubles.Vault;

/// <summary>What every request passes, in Vault's order: the seal, the namespace, the method, the body, the token, the
/// policy, and only then the place that is asked for.</summary>
internal sealed class Front(VaultOptions options, VaultState state, Faults faults, CancellationToken stopped)
{
    private const string MergePatch = "application/merge-patch+json";
    private readonly SystemCalls _system = new(state.Clock);
    private readonly KvCalls _kv = new(state.Clock, options.Lax);
    private readonly TokenCalls _tokens = new(state.Clock);

    public async Task Handle(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            var at = state.Begin(Log(context, path, null));
            await Send(context, new Answer(404, null, Modelled: false), at, null);
            return;
        }
        path = path["/v1/".Length..];
        var space = (context.Request.Headers["X-Vault-Namespace"].FirstOrDefault() ?? "").Trim('/');
        var token = state.Under(() => Token(state.Realm(space), Id(context.Request)));
        var request = Log(context, path, token);
        var slot = state.Begin(request);
        var fault = faults.Next(request);
        if (fault is not null)
            state.Struck(slot, fault.Kind);

        if (fault?.Kind is FaultKind.Reset)
        {
            context.Abort();
            return;
        }
        if (fault?.Kind is FaultKind.Hang or FaultKind.Slow)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopped);
            var pause = fault.Kind == FaultKind.Hang ? Timeout.InfiniteTimeSpan : fault.By;
            await Task.Delay(pause, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (end.IsCancellationRequested)
            {
                context.Abort();
                return;
            }
        }
        if (fault is not null && Broken.Instead(fault, path) is { } broken)
        {
            await Send(context, broken, slot, fault);
            return;
        }
        var (body, refusal) = await Body(context);
        var answer = refusal ?? state.Under(() => Answer(context.Request, path, space, body, fault?.Kind));
        if (fault?.Kind is FaultKind.Lost)
        {
            state.End(slot, answer.Status, answer.Modelled);
            context.Abort();
            return;
        }
        await Send(context, answer, slot, fault);
    }

    private Answer Answer(HttpRequest request, string path, string space, JsonObject body, FaultKind? fault)
    {
        if (options.RequireRequestHeader && request.Headers["X-Vault-Request"] != "true")
            return Vault.Answer.Errors(412, "missing \"X-Vault-Request\" header");
        var query = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        var method = request.Method;
        if (path is "sys/health")
            return method is "GET" or "HEAD" ? _system.Health(fault, query) : Vault.Answer.NoSuchMethod;
        if (path is "sys/seal-status")
            return method is "GET" ? SystemCalls.SealStatus(fault) : Vault.Answer.NoSuchMethod;
        if (state.Realm(space) is not { } realm)
            return Vault.Answer.NoRoute(path);
        if (method is "GET" && query.GetValueOrDefault("list") is "true" or "1")
            method = "LIST";
        if (method is not ("GET" or "LIST" or "POST" or "PUT" or "PATCH" or "DELETE"))
            return new Answer(405, null, Modelled: false);
        if (method is "LIST" && !path.EndsWith('/'))
            path += "/";
        if (method is "POST" or "PUT" or "PATCH" && path.EndsWith('/'))
            return Vault.Answer.Errors(400, "cannot write to a path ending in '/'");

        if (Token(realm, Id(request)) is not { } token)
            return Stranger(Id(request));
        var found = realm.Find(path);
        var call = new Call(method, path, query, body, realm, token);
        // Told to whoever may do anything below the mount, so not a matter of this path's own rules.
        var open = path.StartsWith("sys/internal/ui/mounts/", StringComparison.Ordinal);
        var exists = found is not { } place || KvCalls.Exists(place.Kv, place.Below);
        var lenient = options.Lax.HasFlag(Lax.Policies);
        if (!open && !lenient && !realm.Rules(token).Allows(path, Wanted(method, exists)))
            return Vault.Answer.Denied;
        var answer =
            found is { } kv ? _kv.Answer(call, kv.Kv, kv.Below)
            : path.StartsWith("auth/token/", StringComparison.Ordinal)
                ? _tokens.Answer(call, path["auth/token/".Length..].TrimEnd('/'))
            : path.StartsWith("sys/", StringComparison.Ordinal) ? SystemCalls.Answer(call, path["sys/".Length..])
            : Vault.Answer.NoRoute(path);
        if (token.Uses > 0 && --token.UsesLeft == 0)
            TokenCalls.Revoke(realm, token);
        return answer;
    }

    private Answer Stranger(string id) =>
        id.Length > 0 && options.NamesInvalidTokens
            ? Vault.Answer.Errors(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
            : Vault.Answer.Errors(403, "permission denied");

    private static Capabilities Wanted(string method, bool exists) =>
        method switch
        {
            "GET" => Capabilities.Read,
            "LIST" => Capabilities.List,
            "DELETE" => Capabilities.Delete,
            "PATCH" => Capabilities.Patch,
            _ => exists ? Capabilities.Update : Capabilities.Create,
        };

    /// <summary>A token belongs to its namespace; only the root one's root token works in every one.</summary>
    private Token? Token(Realm? realm, string id)
    {
        if (realm is null || id.Length == 0)
            return null;
        if (_tokens.Find(realm, id) is { } own)
            return own;
        return _tokens.Find(state.Root, id) is { } root && root.Policies.Contains("root") ? root : null;
    }

    private static string Id(HttpRequest request)
    {
        if (request.Headers["X-Vault-Token"].FirstOrDefault() is { Length: > 0 } token)
            return token;
        var bearer = request.Headers.Authorization.FirstOrDefault() ?? "";
        return bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? bearer["Bearer ".Length..].Trim()
            : "";
    }

    private static VaultRequest Log(HttpContext context, string path, Token? token) =>
        new(
            context.Request.Method,
            path,
            context.Request.QueryString.Value ?? "",
            (context.Request.Headers["X-Vault-Namespace"].FirstOrDefault() ?? "").Trim('/'),
            token?.DisplayName,
            token?.Accessor,
            context.Request.Headers["X-Vault-Request"] == "true",
            context.Request.Protocol
        );

    /// <summary>The body of a writing request, or why it is refused before anybody's token is looked at.</summary>
    private async Task<(JsonObject Body, Answer? Refusal)> Body(HttpContext context)
    {
        var request = context.Request;
        if (request.Method is not ("POST" or "PUT" or "PATCH"))
            return ([], null);
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (request.Method is "PATCH" && type.Length == 0)
            return ([], Vault.Answer.Errors(400, "mime: no media type"));
        if (request.Method is "PATCH" && !type.Equals(MergePatch, StringComparison.OrdinalIgnoreCase))
            return ([], Vault.Answer.Errors(415, $"PATCH requires Content-Type of {MergePatch}, provided {type}"));
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (limit is { IsReadOnly: false })
            limit.MaxRequestBodySize = options.LargestRequest;
        try
        {
            using var whole = new MemoryStream();
            await request.Body.CopyToAsync(whole, context.RequestAborted);
            if (whole.Length == 0)
                return ([], null);
            var node = JsonNode.Parse(whole.ToArray());
            return node is JsonObject body ? (body, null) : ([], Vault.Answer.Errors(400, "error parsing JSON"));
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException)
        {
            return ([], Vault.Answer.Errors(400, "error parsing JSON"));
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == 413)
        {
            return ([], Vault.Answer.Errors(413, "http: request body too large"));
        }
    }

    private async Task Send(HttpContext context, Answer answer, int slot, Fault? fault)
    {
        state.End(slot, answer.Status, answer.Modelled);
        var response = context.Response;
        response.StatusCode = answer.Status;
        var skew = fault?.Kind == FaultKind.ClockSkew ? fault.By : TimeSpan.Zero;
        response.Headers.Date = (state.Clock.GetUtcNow() + skew).ToString("R", CultureInfo.InvariantCulture);
        response.Headers.CacheControl = "no-store";
        foreach (var (name, value) in answer.Headers)
            response.Headers[name] = value;
        if (answer.Status == 204)
            return;
        // Exactly this: clients compare it.
        response.ContentType =
            answer.Text is null ? MediaTypeNames.Application.Json
            : answer.Text.StartsWith('<') ? "text/html"
            : "text/plain";
        var bytes = Broken.Bytes(answer);
        if (fault?.Kind == FaultKind.Truncated)
            bytes = Broken.Half(bytes);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        // The length of what is too large is not told beforehand.
        if (fault?.Kind != FaultKind.Oversized)
            response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
