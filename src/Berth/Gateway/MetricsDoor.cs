using System.Net;
using Berth.Metrics;
using Berth.Rosters;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>What <c>/metrics</c> is made of.</summary>
/// <param name="Pages">What the recorder and the watchdog have told; none where they do not run.</param>
/// <param name="Accounts">Text of <c>/etc/passwd</c>.</param>
/// <param name="Token">What a scraper from elsewhere shows; null where none is let in.</param>
internal sealed record MetricsParts(Func<IEnumerable<MetricPage>> Pages, Func<string> Accounts, SharedSecret? Token)
{
    public static MetricsParts None { get; } = new(() => [], () => "", null);
}

/// <summary>Answers <c>/metrics</c>: to a program of this host that the roster lets read it, to whoever shows the
/// scraper's token, and to a signed-in admin. To anybody else it says nothing but that.</summary>
internal sealed class MetricsDoor(
    MetricsParts parts,
    IIdentity identity,
    SocketOwner owner,
    Traffic traffic,
    Func<int> open,
    TimeProvider clock
)
{
    public const string Path = "/metrics";

    private const string Bearer = "Bearer ";
    private static readonly byte[] s_refused =
        "These numbers are for admins, for programs of this host that the roster names (gateway: metrics: readers:), and for whoever shows the token of token-file.\n"u8.ToArray();

    /// <summary>Who may read, and the answer.</summary>
    /// <param name="context">A request for <see cref="Path"/>.</param>
    /// <param name="table">Who is who now.</param>
    /// <param name="isOwnHost">Its Host is this gateway's: a page of somebody else's may not read with an admin's
    /// cookie.</param>
    /// <returns>The admin that was signed in; null for a program, or nobody.</returns>
    public async Task<string?> AnswerAsync(HttpContext context, RouteTable table, bool isOwnHost)
    {
        var response = context.Response;
        PageWriter.Harden(response);
        response.Headers.CacheControl = "no-store";
        string? admin = null;
        var may = IsLocal(context, table) || ShowsToken(context);
        if (!may && isOwnHost)
        {
            var who = await identity.WhoAsync(context);
            if (who.IsProven && table.Find(who) is { } route && table.Config.Admins?.Contains(route.User) is true)
                (may, admin) = (true, route.User);
        }
        response.ContentType = "text/plain; charset=utf-8";
        if (!may)
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
            await WriteAsync(context, s_refused);
            return null;
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return admin;
        }
        var text = new MetricWriter();
        MetricPage.Join(text, Samples());
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await WriteAsync(context, text.Memory);
        return admin;
    }

    /// <summary>Every number, those of the gateway and what the others have told lately.</summary>
    public IReadOnlyList<MetricSample> Samples()
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var pages = parts.Pages().Where(page => page.IsFresh(now)).ToList();
        var own = new MetricWriter();
        own.Line(MetricPage.Head("gateway", now));
        own.Sample("berth_build_info", 1, ("version", BuildInfo.Version));
        foreach (var source in MetricPage.Sources)
            own.Sample("berth_source_up", pages.Exists(page => page.Source == source) ? 1 : 0, ("source", source));
        traffic.Write(own, open());
        var self = MetricPage.Parse(System.Text.Encoding.UTF8.GetString(own.Written))!;
        return [.. pages.SelectMany(page => page.Samples), .. self.Samples];
    }

    private bool IsLocal(HttpContext context, RouteTable table)
    {
        var gateway = table.Config.Gateway;
        var connection = context.Features.GetRequiredFeature<IHttpConnectionFeature>();
        if (connection is not { RemoteIpAddress: { } peer, LocalIpAddress: { } here })
            return false;
        var headers = context.Request.Headers;
        var request = new ScrapeRequest(
            peer,
            gateway.ProxyProtocol || table.Peers.Trusts(peer),
            headers.Host.ToString(),
            headers.Keys
        );
        if (!ScrapePolicy.IsLocal(request, gateway.Identity.Header, gateway.Identity.SecretHeader))
            return false;
        var socket = Owner(new IPEndPoint(peer, connection.RemotePort), new IPEndPoint(here, connection.LocalPort));
        return socket is { Exists: true, IsListener: false }
            && ScrapePolicy.IsReader(
                (uint)socket.Uid,
                parts.Accounts(),
                gateway.Metrics?.Readers ?? MetricsSettings.UsualReaders
            );
    }

    private TcpSocket Owner(IPEndPoint theirs, IPEndPoint ours)
    {
        try
        {
            return owner(theirs, ours);
        }
        catch (Exception unknown) when (unknown is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private bool ShowsToken(HttpContext context)
    {
        var shown = context.Request.Headers.Authorization;
        return parts.Token is { } token
            && shown.Count == 1
            && shown[0] is { } text
            && text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && token.Is(text[Bearer.Length..].Trim());
    }

    private static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
