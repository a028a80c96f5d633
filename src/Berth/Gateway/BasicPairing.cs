using System.Text;
using Berth.Servers;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>A server with a password of its own (opencode): the gateway knows it and adds it to every request, so that
/// the browser never sees it and is never asked for it.</summary>
/// <param name="route">The person.</param>
/// <param name="source">Where the password comes from.</param>
/// <param name="clock">The clock.</param>
internal sealed class BasicPairing(Route route, IPairingSource source, TimeProvider clock) : IPairing
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Flights<string> _flights = new(
        async stop =>
        {
            // The preset's, whatever ready check the roster has chosen.
            var check = Presets.OpenCode.Ready;
            var password = await source.SecretAsync(route, check.PasswordVariable!, stop);
            return $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{check.BasicUser}:{password}"))}";
        },
        s_patience,
        clock
    );
    private volatile string? _authorization;

    public async ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop)
    {
        if (_authorization is null)
            _authorization = (await _flights.JoinAsync(stop)).Result;
        // Asked for a password, a browser would show its own dialogue, and people would type one that nobody knows.
        context.Response.OnStarting(
            static state =>
            {
                var (self, response) = ((BasicPairing, HttpResponse))state;
                self.Answered(response);
                return Task.CompletedTask;
            },
            (this, context.Response)
        );
        return false;
    }

    public void Inject(HttpRequestMessage request)
    {
        request.Headers.Remove("Authorization");
        if (_authorization is { } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
    }

    private void Answered(HttpResponse response)
    {
        if (response.StatusCode != StatusCodes.Status401Unauthorized)
            return;
        response.Headers.WWWAuthenticate = default;
        // A password that was generated anew: the next request has it.
        _authorization = null;
    }
}
