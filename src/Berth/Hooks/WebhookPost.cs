using System.Net;
using System.Text;

namespace Berth.Hooks;

/// <summary>Posts one message. No redirect is followed: what was meant for one receiver is no other's.</summary>
internal static class WebhookPost
{
    /// <summary>For the whole of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="post">What, and where to.</param>
    /// <param name="patience">How long it may take.</param>
    /// <returns>What became of it; what is said holds neither the URL nor the answer.</returns>
    public static async Task<DeliveryResult> SendAsync(Post post, TimeSpan patience, CancellationToken stop)
    {
        if (!Uri.TryCreate(post.Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            return new DeliveryResult(Delivery.Again, "its URL is none");
        if (url.Scheme is "http" && !url.IsLoopback)
            return new DeliveryResult(
                Delivery.Again,
                "its URL is http, and not of this host: what it says would be read on the way"
            );
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(patience);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(post.Body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", post.ContentType);
        request.Headers.TryAddWithoutValidation("User-Agent", $"berth/{BuildInfo.Version}");
        request.Headers.TryAddWithoutValidation("X-Berth-Delivery", post.Delivery);
        if (post.Header is { } header)
        {
            if (
                header.Split(':', 2) is not [{ Length: > 0 } name, var value]
                || !request.Headers.TryAddWithoutValidation(name.Trim(), value.Trim())
            )
                return new DeliveryResult(Delivery.Again, "its header is not written as NAME: VALUE");
        }
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, late.Token);
            return Of(response.StatusCode);
        }
        catch (HttpRequestException failure)
        {
            return new DeliveryResult(Delivery.Again, $"it cannot be reached: {failure.HttpRequestError}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new DeliveryResult(Delivery.Again, $"it did not answer within {patience.TotalSeconds:0} s");
        }
    }

    /// <summary>An answer that says that this very message is wrong: it would stand in the way of all others for
    /// ever. Everything else may be set right, or pass.</summary>
    private static DeliveryResult Of(HttpStatusCode status) =>
        (int)status switch
        {
            >= 200 and < 300 => new DeliveryResult(Delivery.Done, ""),
            400 or 413 or 415 or 422 => new DeliveryResult(
                Delivery.Refused,
                $"it answered {(int)status}: it does not take this message"
            ),
            >= 300 and < 400 => new DeliveryResult(
                Delivery.Again,
                $"it answered {(int)status}, which leads elsewhere; that is not followed"
            ),
            _ => new DeliveryResult(Delivery.Again, $"it answered {(int)status}"),
        };
}
