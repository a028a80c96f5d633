using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Berth.Doubles.T3;

/// <summary>Which path answers what. Whatever is not known is the page for a GET, as with the real one: a health check
/// that takes any 200 sees a healthy server everywhere.</summary>
internal sealed class Front(T3Options options, BaseFolder folder, Auth auth, Faults faults, Func<int> port)
{
    private const int LargestBody = 64 << 10;

    public async Task HandleAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value ?? "/");
        if (path.StartsWith("/api/auth/", StringComparison.Ordinal) && faults.Holds(T3Fault.AuthBroken))
        {
            await Json(
                context,
                500,
                new JsonObject { ["_tag"] = "EnvironmentInternalError", ["code"] = "internal_error" }
            );
            return;
        }
        switch (method, path)
        {
            case ("GET", "/.well-known/t3/environment"):
                await Json(context, 200, Environment());
                break;
            case ("GET", "/api/auth/session") when !faults.Holds(T3Fault.SessionIsPage):
                await Json(context, 200, Session(Who(context)));
                break;
            case ("POST", "/api/auth/browser-session") when !faults.Holds(T3Fault.NoExchange):
            case ("POST", "/api/auth/bootstrap") when options.Bootstrap:
                await Exchange(context);
                break;
            case ("POST", "/api/auth/pairing-token") when !faults.Holds(T3Fault.NoPairingToken):
                await PairingToken(context);
                break;
            case ("POST", "/api/auth/websocket-ticket"):
                if (Who(context) is { } holder)
                    await Json(context, 200, auth.Ticket(holder));
                else
                    await Unauthorized(context, "missing_credential");
                break;
            case (_, "/ws"):
                await WebSocket(context);
                break;
            case ("GET", "/double/terminal"):
                if (Who(context) is null)
                    await Unauthorized(context, "missing_credential");
                else
                    await Live.Terminal(context, options.Label);
                break;
            case ("POST", "/double/sign-out"):
                if (Who(context) is { } leaving)
                    auth.End(leaving);
                await Json(context, 200, []);
                break;
            case ("GET", "/assets/app.js"):
                await Text(context, 200, "text/javascript", Page.Script);
                break;
            case ("GET" or "HEAD", _):
                await Text(context, 200, "text/html; charset=utf-8", Page.Html(options.Label));
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private string CookieName => folder.CookieName(options.Cookie, port());

    private JsonObject Environment() =>
        new()
        {
            ["environmentId"] = folder.EnvironmentId,
            ["label"] = options.Label,
            ["platform"] = new JsonObject { ["os"] = "linux", ["arch"] = "x64" },
            ["serverVersion"] = T3Double.Version,
            ["capabilities"] = new JsonObject { ["repositoryIdentity"] = true },
        };

    private JsonObject Session(Principal? who)
    {
        var answer = new JsonObject
        {
            ["authenticated"] = who is not null,
            ["auth"] = new JsonObject
            {
                ["policy"] = options.Cookie is CookieGeneration.Remote ? "remote-reachable" : "loopback-browser",
                ["bootstrapMethods"] = Auth.List(["one-time-token"]),
                ["sessionMethods"] = Auth.List(["browser-session-cookie", "bearer-access-token"]),
                ["sessionCookieName"] = CookieName,
            },
        };
        if (who is not null)
        {
            answer["scopes"] = Auth.List(who.Scopes);
            answer["sessionMethod"] = who.Method;
            answer["expiresAt"] = Auth.Moment(who.Expires);
        }
        return answer;
    }

    private async Task Exchange(HttpContext context)
    {
        if (await Body(context) is not { } body || Word(body["credential"]) is not { Length: > 0 } credential)
        {
            await Json(
                context,
                400,
                new JsonObject { ["_tag"] = "EnvironmentRequestInvalidError", ["code"] = "invalid_request" }
            );
            return;
        }
        if (auth.Exchange(credential, stored: !faults.Holds(T3Fault.Stillborn)) is not var (token, session))
        {
            await Unauthorized(context, "invalid_credential");
            return;
        }
        var name = faults.Holds(T3Fault.OtherCookie) ? "t3_other" : CookieName;
        if (!faults.Holds(T3Fault.NoCookie))
            context.Response.Headers.SetCookie =
                $"{name}={token}; Path=/; Expires={session.Expires.UtcDateTime:R}; HttpOnly; SameSite=Lax";
        context.Response.Headers.CacheControl = "no-store";
        await Json(
            context,
            200,
            new JsonObject
            {
                ["authenticated"] = true,
                ["scopes"] = Auth.List(session.Scopes),
                ["sessionMethod"] = session.Method,
                ["expiresAt"] = Auth.Moment(session.Expires),
            }
        );
    }

    private async Task PairingToken(HttpContext context)
    {
        if (Who(context) is not { } who)
        {
            await Unauthorized(context, "missing_credential");
            return;
        }
        if (!who.Scopes.Contains(Auth.AccessWrite, StringComparer.Ordinal))
        {
            await Json(
                context,
                403,
                new JsonObject
                {
                    ["_tag"] = "EnvironmentScopeRequiredError",
                    ["code"] = "insufficient_scope",
                    ["requiredScope"] = Auth.AccessWrite,
                }
            );
            return;
        }
        var issued = auth.IssueCredential(TimeSpan.FromMinutes(5), Word((await Body(context))?["label"]));
        issued.Remove("scopes");
        await Json(context, 200, issued);
    }

    private async Task WebSocket(HttpContext context)
    {
        if (Who(context) is null && auth.VerifyTicket(context.Request.Query["wsTicket"]) is null)
            await Unauthorized(context, "missing_credential");
        else if (!SameOrigin(context.Request))
            await Text(context, 403, "text/plain", "origin");
        else if (context.WebSockets.IsWebSocketRequest)
            await Live.Talk(context);
        else
            await Text(context, 400, "text/plain", "expected a WebSocket");
    }

    private static bool SameOrigin(HttpRequest request)
    {
        if (request.Headers.Origin.ToString() is not { Length: > 0 } origin)
            return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (uri.Authority == request.Host.Value || uri.Authority == request.Headers["X-Forwarded-Host"].ToString());
    }

    private Principal? Who(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is var header
        && header.StartsWith("Bearer ", StringComparison.Ordinal)
            ? auth.Verify(header["Bearer ".Length..])
            : auth.Verify(context.Request.Cookies[CookieName]);

    private static Task Unauthorized(HttpContext context, string reason) =>
        Json(
            context,
            401,
            new JsonObject
            {
                ["_tag"] = "EnvironmentAuthInvalidError",
                ["code"] = "auth_invalid",
                ["reason"] = reason,
                ["traceId"] = "unavailable",
            }
        );

    private static async Task<JsonObject?> Body(HttpContext context)
    {
        var buffer = new byte[LargestBody];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
        try
        {
            return JsonNode.Parse(buffer.AsSpan(0, length)) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Word(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text.Trim() : null;

    private static Task Json(HttpContext context, int status, JsonObject body) =>
        Text(context, status, "application/json", body.ToJsonString());

    private static async Task Text(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        if (context.Request.Method != "HEAD")
            await context.Response.WriteAsync(text, context.RequestAborted);
    }
}
