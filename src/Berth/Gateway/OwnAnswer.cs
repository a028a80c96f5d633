using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>What pairing itself answers: nothing that is kept anywhere, framed, or taken for something else.</summary>
internal static class OwnAnswer
{
    /// <summary>Sends the browser to the same place once more.</summary>
    public static void Redirect(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.StatusCode = StatusCodes.Status302Found;
        response.Headers.Location = Here(request);
        Harden(response.Headers, "default-src 'none'; frame-ancestors 'none'");
        response.ContentLength = 0;
    }

    public static async Task PageAsync(HttpContext context, string policy, string html)
    {
        Harden(context.Response.Headers, policy);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(html, context.RequestAborted);
    }

    public static async Task ScriptAsync(HttpContext context, string script)
    {
        Harden(context.Response.Headers, "default-src 'none'; frame-ancestors 'none'");
        context.Response.ContentType = "text/javascript; charset=utf-8";
        await context.Response.WriteAsync(script, context.RequestAborted);
    }

    /// <summary>The path that was asked for, on this host whatever it looks like: "//elsewhere/" would be another.
    /// </summary>
    public static string Here(HttpRequest request) =>
        "/" + request.Path.ToUriComponent().TrimStart('/', '\\') + request.QueryString.ToUriComponent();

    private static void Harden(IHeaderDictionary headers, string policy)
    {
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
