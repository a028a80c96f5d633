using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Berth.Gateway;

/// <summary>What all of Berth's own pages have in common: one style, no script, nothing that is loaded; readable on a
/// phone, in light and dark.</summary>
internal static class PageFrame
{
    private const string Style =
        ":root{color-scheme:light dark}"
        + "body{font:17px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;"
        + "background:#f6f6f4;color:#222}"
        + "main{max-width:34rem;padding:1.5rem;overflow-wrap:anywhere}"
        + "h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:.5rem 0}small{opacity:.65}"
        + "button{font:inherit;margin-top:1rem;padding:.5rem 1.25rem;border:0;border-radius:.4rem;cursor:pointer;"
        + "background:#1d5fbf;color:#fff}"
        + "@media(prefers-color-scheme:dark){body{background:#1b1c1e;color:#e6e6e3}}";

    private static readonly string s_style = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <param name="formAction">Where forms may be sent, such as <c>'none'</c>.</param>
    public static string ContentSecurityPolicy(string formAction) =>
        $"default-src 'none'; style-src 'sha256-{s_style}'; form-action {formAction}; frame-ancestors 'none'; base-uri 'none'";

    /// <param name="title">Plain text.</param>
    /// <param name="lines">Plain text, each a paragraph.</param>
    /// <param name="head">HTML that belongs into the head.</param>
    /// <param name="rest">HTML after the paragraphs.</param>
    public static string Html(string title, IReadOnlyList<string> lines, string head, string rest)
    {
        var html = new StringBuilder(2048)
            .Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<meta name=\"robots\" content=\"noindex\">")
            .Append(head)
            .Append("<title>")
            .Append(WebUtility.HtmlEncode(title))
            .Append("</title><style>")
            .Append(Style)
            .Append("</style></head><body><main><h1>")
            .Append(WebUtility.HtmlEncode(title))
            .Append("</h1>");
        foreach (var line in lines)
            html.Append("<p>").Append(WebUtility.HtmlEncode(line)).Append("</p>");
        return html.Append(rest).Append("</main></body></html>\n").ToString();
    }
}
