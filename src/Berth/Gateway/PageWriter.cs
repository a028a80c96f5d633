using System.Text;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>Answers a request with a page of Berth's own.</summary>
internal static class PageWriter
{
    /// <param name="document">A person looks at it; else a script does and gets plain text.</param>
    public static Task WriteAsync(this Page page, HttpContext context, bool document)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = page.Status;
        Harden(response);
        if (page.Status is 503 or 504)
            response.Headers.RetryAfter = "2";
        response.ContentType = document ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
        var body = Encoding.UTF8.GetBytes(document ? page.ToHtml() : page.ToText());
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>What every answer of Berth's own carries.</summary>
    public static void Harden(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = Page.ContentSecurityPolicy;
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
