namespace Berth.Gateway;

/// <summary>A page of Berth's own about how things stand.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What is the matter.</param>
/// <param name="Lines">What it means and what to do; plain text, each a paragraph.</param>
/// <param name="ReloadAfter">Seconds until it asks again by itself; 0 for never.</param>
public sealed record Page(int Status, string Title, IReadOnlyList<string> Lines, int ReloadAfter = 0)
{
    /// <summary>Nothing is loaded, run, sent or framed; the one style is known by its hash.</summary>
    public static string ContentSecurityPolicy { get; } = PageFrame.ContentSecurityPolicy("'none'");

    public string ToHtml() =>
        ReloadAfter > 0
            ? PageFrame.Html(
                Title,
                Lines,
                $"<meta http-equiv=\"refresh\" content=\"{ReloadAfter}\">",
                "<p><small>This page asks again by itself.</small></p>"
            )
            : PageFrame.Html(Title, Lines, "", "");

    /// <summary>The same for a script or a command line: its title and lines as plain text.</summary>
    public string ToText() => Title + "\n" + string.Join('\n', Lines) + "\n";
}
