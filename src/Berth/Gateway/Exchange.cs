using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Berth.Gateway;

/// <summary>One request on its way to its person's server and back: which headers it takes along, and which it
/// brings.</summary>
/// <param name="stopping">The gateway ends.</param>
/// <param name="until">See <see cref="Identified.Until"/>.</param>
internal sealed class Exchange(
    IIdentity identity,
    Place place,
    Origin origin,
    Traffic traffic,
    CancellationToken stopping,
    CancellationToken until
) : HttpTransformer
{
    private static readonly UriCreationOptions s_asItCame = new()
    {
        DangerousDisablePathAndQueryCanonicalization = true,
    };

    /// <summary>See <see cref="Identified.Until"/>.</summary>
    public CancellationToken Until { get; } = until;

    /// <summary>Ends the wait for a response that does not begin; null for no bound.</summary>
    public CancellationTokenSource? FirstByte { get; set; }

    private long _sent;

    public override ValueTask TransformRequestAsync(
        HttpContext context,
        HttpRequestMessage request,
        string prefix,
        CancellationToken stop
    )
    {
        Fill(context, request);
        return default;
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext context,
        HttpResponseMessage? response,
        CancellationToken stop
    )
    {
        if (response is null)
            return new ValueTask<bool>(false);
        FirstByte?.CancelAfter(Timeout.InfiniteTimeSpan);
        traffic.Began(_sent);
        CopyBack(response, context.Response.Headers);
        if (response.Content.Headers.ContentType?.MediaType is "text/event-stream")
        {
            // It would never end by itself, and its readers come again.
            context.Response.RegisterForDispose(stopping.UnsafeRegister(End, context));
            context.Response.RegisterForDispose(place.Upstream.Gone.UnsafeRegister(End, context));
        }
        // Whatever says no length may go on for ever.
        if (Until.CanBeCanceled && response.Content.Headers.ContentLength is null)
            context.Response.RegisterForDispose(Until.UnsafeRegister(End, context));
        return new ValueTask<bool>(true);
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext context,
        HttpResponseMessage response,
        CancellationToken stop
    )
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is { IsReadOnly: false })
            foreach (var (name, values) in response.TrailingHeaders.NonValidated)
                if (!ResponseHeaders.IsDropped(name))
                    trailers.Append(name, Values(values));
        return default;
    }

    /// <summary>Address and headers as the server gets them.</summary>
    public void Fill(HttpContext context, HttpRequestMessage request)
    {
        _sent = Stopwatch.GetTimestamp();
        request.RequestUri = new Uri(
            string.Concat(place.Upstream.Base, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget),
            s_asItCame
        );
        var headers = context.Request.Headers;
        var connection = headers.Connection.ToString();
        var namesMore = RequestHeaders.NamesMore(connection);
        foreach (var (name, values) in headers)
        {
            if (name.Length == 0 || name[0] == ':' || RequestHeaders.IsDropped(name))
                continue;
            if (namesMore && RequestHeaders.Names(connection, name))
                continue;
            if (name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 may send cookies in several headers, a server wants one.
                var cookies = values.Count == 1 ? values[0] : string.Join("; ", values.AsEnumerable());
                if (CookiePolicy.ForServer(cookies ?? "") is { } kept)
                    request.Headers.TryAddWithoutValidation(name, kept);
                continue;
            }
            Add(request, name, values);
        }
        var to = request.Headers;
        to.Host = origin.Host;
        to.TryAddWithoutValidation("X-Forwarded-For", origin.ClientText);
        to.TryAddWithoutValidation("X-Forwarded-Proto", origin.Scheme);
        to.TryAddWithoutValidation("X-Forwarded-Host", origin.PublicHost);
        identity.Strip(request);
        place.Pairing.Inject(request);
    }

    /// <summary>Headers of a server's response as the browser gets them.</summary>
    public static void CopyBack(HttpResponseMessage response, IHeaderDictionary into)
    {
        foreach (var (name, values) in response.Headers.NonValidated)
            if (!ResponseHeaders.IsDropped(name))
                CopyBack(name, values, into);
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            into[name] = Values(values);
    }

    private static void End(object? context) => ((HttpContext)context!).Abort();

    private static void CopyBack(string name, System.Net.Http.Headers.HeaderStringValues values, IHeaderDictionary into)
    {
        if (!name.Equals(HeaderNames.SetCookie, StringComparison.OrdinalIgnoreCase))
        {
            into[name] = Values(values);
            return;
        }
        foreach (var value in values)
            if (CookiePolicy.ForBrowser(value) is { } kept)
                into.Append(name, kept);
    }

    private static StringValues Values(System.Net.Http.Headers.HeaderStringValues values)
    {
        if (values.Count == 1)
            foreach (var only in values)
                return only;
        return values.ToArray();
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            if (!request.Headers.TryAddWithoutValidation(name, values[0]))
                request.Content?.Headers.TryAddWithoutValidation(name, values[0]);
            return;
        }
        var several = values.AsEnumerable();
        if (!request.Headers.TryAddWithoutValidation(name, several))
            request.Content?.Headers.TryAddWithoutValidation(name, several);
    }
}

/// <summary>Where a request came in, after what trusted proxies say of it.</summary>
/// <param name="Client">The client's own address; null over a unix socket without a word of a proxy.</param>
/// <param name="ClientText">The same as text.</param>
/// <param name="Scheme">What the browser speaks: <c>http</c> or <c>https</c>.</param>
/// <param name="Host">Host as it came: what the server gets.</param>
/// <param name="PublicHost">What the browser's address bar says.</param>
internal readonly record struct Origin(
    IPAddress? Client,
    string ClientText,
    string Scheme,
    string Host,
    string PublicHost
);
