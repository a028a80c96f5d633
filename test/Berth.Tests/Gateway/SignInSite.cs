using System.Text;
using System.Text.RegularExpressions;
using System.Web;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Gateway;

/// <summary>A gateway's sign-in, and a browser that visits it.</summary>
internal sealed partial class SignInSite : IDisposable
{
    public const string Own = "https://code.example";

    private readonly TemporaryFolder _folder = new();

    public SignInSite() => Restart(Config(("alice", 1000), ("bob", 1001)));

    public StillClock Clock { get; } = new();

    public List<string> Said { get; } = [];

    public SignInDesk Desk { get; private set; } = null!;

    public void Restart(GatewayConfig? config = null) =>
        Desk = new SignInDesk(new SignInFile(State, Said.Add), config ?? Desk.Config, Clock);

    public void Dispose() => _folder.Dispose();

    public string State => Path.Join(_folder.Path, "gateway");

    public LinkIdentity Identity => new(Desk);

    public static GatewayConfig Config(params (string User, int Uid)[] people) =>
        new(
            new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link) { Url = Own },
            [.. people.Select(person => GatewayConfigs.Route(person.User, person.User, person.Uid))]
        );

    public Identified Who(string cookie)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = $"{SignInCookie.Name(isSecure: true)}={cookie}";
        return Identity.Who(context);
    }

    public async Task<string> SignInAsync(string user) =>
        (await SubmitAsync(await GetAsync(Desk.Issue(user, LinkOrder.Usual)!.Url))).Cookie!;

    public static string Token(string url) => HttpUtility.ParseQueryString(new Uri(url).Query)["token"]!;

    public Task<Answer> GetAsync(string url, string? cookie = null) => SendAsync(Request("GET", url, cookie));

    /// <summary>Presses the one button of a page, as a browser does.</summary>
    public Task<Answer> SubmitAsync(Answer page, string? cookie = null)
    {
        Assert.Contains("action=\"/berth/sign-in\"", page.Body);
        var fields = Fields()
            .Matches(page.Body)
            .Select(field =>
                $"{field.Groups["name"].Value}={Uri.EscapeDataString(HttpUtility.HtmlDecode(field.Groups["value"].Value))}"
            );
        return SendAsync(Post("/berth/sign-in", string.Join('&', fields), "same-origin", Own, cookie));
    }

    public static DefaultHttpContext Request(string method, string url, string? cookie = null)
    {
        var context = new DefaultHttpContext();
        var uri = new Uri(url);
        context.Request.Method = method;
        context.Request.Host = new HostString(uri.Authority);
        context.Request.Path = uri.AbsolutePath;
        context.Request.QueryString = new QueryString(uri.Query);
        if (cookie is not null)
            context.Request.Headers.Cookie = $"{SignInCookie.Name(isSecure: true)}={cookie}";
        return context;
    }

    public static DefaultHttpContext Post(string path, string form, string? site, string? origin, string? cookie)
    {
        var context = Request("POST", Own + path, cookie);
        context.Request.ContentType = "application/x-www-form-urlencoded";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(form));
        if (site is not null)
            context.Request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        return context;
    }

    public IReadOnlyDictionary<string, RequestDelegate> Paths() =>
        new SignInPaths(Desk, new GuessCounter(Clock, Said.Add), Said.Add).ByPath();

    public async Task<Answer> SendAsync(
        DefaultHttpContext context,
        IReadOnlyDictionary<string, RequestDelegate>? paths = null
    )
    {
        using var body = new MemoryStream();
        context.Response.Body = body;
        await (paths ?? Paths())[context.Request.Path.Value!](context);
        var headers = context.Response.Headers;
        return new Answer(
            context.Response.StatusCode,
            Encoding.UTF8.GetString(body.ToArray()),
            headers,
            headers.SetCookie.FirstOrDefault(),
            headers.Location.FirstOrDefault()
        );
    }

    [GeneratedRegex(
        "name=\"(?<name>[a-z]+)\" value=\"(?<value>[^\"]*)\"",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Fields();
}

internal sealed record Answer(int Status, string Body, IHeaderDictionary Headers, string? SetCookie, string? Location)
{
    public string? Cookie => SetCookie?.Split('=', 2)[1].Split(';')[0];
}
