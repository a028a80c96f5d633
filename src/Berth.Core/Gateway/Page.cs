using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Berth.Gateway;

/// <summary>A page of Berth's own: no script, one style, readable on a phone, in light and dark.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What is the matter.</param>
/// <param name="Lines">What it means and what to do; plain text, each a paragraph.</param>
/// <param name="ReloadAfter">Seconds until it asks again by itself; 0 for never.</param>
public sealed record Page(int Status, string Title, IReadOnlyList<string> Lines, int ReloadAfter = 0)
{
    private const string Style =
        ":root{color-scheme:light dark}"
        + "body{font:17px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;"
        + "background:#f6f6f4;color:#222}"
        + "main{max-width:34rem;padding:1.5rem;overflow-wrap:anywhere}"
        + "h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:.5rem 0}small{opacity:.65}"
        + "@media(prefers-color-scheme:dark){body{background:#1b1c1e;color:#e6e6e3}}";

    /// <summary>Nothing is loaded, run, sent or framed; the one style is known by its hash.</summary>
    public static string ContentSecurityPolicy { get; } =
        "default-src 'none'; style-src 'sha256-"
        + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))
        + "'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

    public string ToHtml()
    {
        var html = new StringBuilder(1024)
            .Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<meta name=\"robots\" content=\"noindex\">");
        if (ReloadAfter > 0)
            html.Append("<meta http-equiv=\"refresh\" content=\"").Append(ReloadAfter).Append("\">");
        html.Append("<title>").Append(WebUtility.HtmlEncode(Title)).Append("</title><style>").Append(Style);
        html.Append("</style></head><body><main><h1>").Append(WebUtility.HtmlEncode(Title)).Append("</h1>");
        foreach (var line in Lines)
            html.Append("<p>").Append(WebUtility.HtmlEncode(line)).Append("</p>");
        if (ReloadAfter > 0)
            html.Append("<p><small>This page asks again by itself.</small></p>");
        return html.Append("</main></body></html>\n").ToString();
    }

    /// <summary>The same for a script or a command line: its title and lines as plain text.</summary>
    public string ToText() => Title + "\n" + string.Join('\n', Lines) + "\n";
}
