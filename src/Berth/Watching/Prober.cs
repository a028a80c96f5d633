using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Berth.Gateway;
using Berth.Host;
using Berth.Servers;
using Berth.Units;

namespace Berth.Watching;

/// <summary>Asks one person's server its preset's ready check, over a new connection each time that is proven to end at
/// a process of theirs: what somebody else answers is never taken for it.</summary>
internal sealed class Prober : IDisposable
{
    private const int Largest = 64 << 10;

    private readonly Upstream _upstream;
    private readonly HostPaths _paths;

    /// <param name="route">The person and their server.</param>
    /// <param name="sockets">The kernel, asked whose a socket is.</param>
    /// <param name="paths">The host.</param>
    public Prober(Route route, SocketOwner sockets, HostPaths paths)
    {
        _upstream = new Upstream(route, sockets, TimeSpan.FromMilliseconds(WatchSettings.BusyFor));
        _paths = paths;
    }

    public Upstream Upstream => _upstream;

    /// <param name="stop">Ends the question; an answer is waited for until then.</param>
    public async Task<Answer> AskAsync(CancellationToken stop)
    {
        try
        {
            return await CheckAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return Answer.Silence("does not answer");
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or SocketException or UpstreamException)
        {
            return UpstreamException.Within(failure)?.Fault switch
            {
                UpstreamFault.Refused => Answer.Silence("refuses connections"),
                UpstreamFault.Squatter => Answer.Silence("does not have its port: another's process does"),
                UpstreamFault.NeverAccepted => Answer.Silence("takes no connections"),
                _ => Answer.Wrong("ends connections without an answer"),
            };
        }
    }

    public void Dispose() => _upstream.Dispose();

    private async Task<Answer> CheckAsync(CancellationToken stop)
    {
        var check = _upstream.Route.Ready;
        if (check.Path is null)
        {
            // Proven to be accepted: more than a connection that the kernel alone answered.
            using var socket = await _upstream.ConnectAsync(stop);
            return Answer.Well;
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, _upstream.Base + check.Path);
        request.Headers.ConnectionClose = true;
        var password = Password(check);
        if (password is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{check.BasicUser}:{password}"))
            );
        using var response = await _upstream.Client.SendAsync(request, stop);
        // Who asks for the password answers: it is up, and it is the person's own.
        if (check.BasicUser is not null && password is null && (int)response.StatusCode == 401)
            return Answer.Well;
        if (!response.IsSuccessStatusCode)
            return Answer.Wrong($"answers {(int)response.StatusCode}");
        if (check.JsonProperty is null)
            return Answer.Well;
        return ReadyProbe.Holds(await BodyAsync(response, stop), check.JsonProperty) is { } wrong
            ? Answer.Wrong(wrong)
            : Answer.Well;
    }

    /// <summary>Read each time: apply may have generated it anew.</summary>
    private string? Password(ReadyCheck check) =>
        check is { BasicUser: not null, PasswordVariable: { } variable }
            ? Secrets.Value(_paths[ServerUnits.SecretPath(_upstream.Route.Server!, _upstream.Route.User)], variable)
            : null;

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken stop)
    {
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[Largest];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        return buffer[..length];
    }
}
