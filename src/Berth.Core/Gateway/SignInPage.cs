using System.Net;
using System.Text;

namespace Berth.Gateway;

/// <summary>A page of the way in or out. It has at most one button, no script, and loads nothing.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Lines">Plain text, each a paragraph.</param>
public sealed record SignInPage(int Status, string Title, IReadOnlyList<string> Lines)
{
    /// <summary>Nothing is loaded, run or framed; what is sent goes to this site alone.</summary>
    public static string ContentSecurityPolicy { get; } = PageFrame.ContentSecurityPolicy("'self'");

    private string? Button { get; init; }

    private string Action { get; init; } = "";

    private IReadOnlyList<(string Name, string Value)> Fields { get; init; } = [];

    /// <summary>Using the link up takes a click, so that what opens links on its own (previews, virus scanners) does
    /// not.</summary>
    public static SignInPage Ask(string user, string token, string next) =>
        new(200, $"Sign in as {user}", ["This link works once, for this browser."])
        {
            Button = "Sign in",
            Action = SignInRequest.SignIn,
            Fields = [("token", token), ("next", next)],
        };

    public static SignInPage AskOut() =>
        new(200, "Sign out", ["Whoever uses this browser next needs a new link."])
        {
            Button = "Sign out",
            Action = SignInRequest.SignOut,
        };

    public static SignInPage SignedOut(string contact) =>
        new(200, "You are signed out", [$"To come back, ask {contact} for a sign-in link."]);

    public static SignInPage NeedsLink(string contact) =>
        new(
            401,
            "Please sign in",
            [$"This machine lets people in by a personal link. Please ask {contact} for yours."]
        );

    public static SignInPage Worthless(string contact, bool tooMany) =>
        new(
            tooMany ? 429 : 403,
            "This link does not work",
            ["It was used already, it is too old, or a part of it is missing.", $"Please ask {contact} for a new one."]
        );

    public static SignInPage Foreign() =>
        new(403, "Refused", ["Another site asked for this in your name. Nothing was done. Open your link again."]);

    public static SignInPage NotSaved(string contact) =>
        new(
            500,
            "You cannot be signed in now",
            [$"This machine cannot save its files. Your link still works; please tell {contact}."]
        );

    public string ToHtml() => PageFrame.Html(Title, Lines, "", Form());

    private string Form()
    {
        if (Button is null)
            return "";
        var html = new StringBuilder("<form method=\"post\" action=\"")
            .Append(Action)
            .Append("\" autocomplete=\"off\">");
        foreach (var (name, value) in Fields)
            html.Append("<input type=\"hidden\" name=\"")
                .Append(name)
                .Append("\" value=\"")
                .Append(WebUtility.HtmlEncode(value))
                .Append("\">");
        return html.Append("<button autofocus>").Append(Button).Append("</button></form>").ToString();
    }
}
