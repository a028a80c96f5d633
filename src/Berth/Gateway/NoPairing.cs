using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>A server that knows nothing of Berth: who may reach it has been settled by the gateway.</summary>
internal sealed class NoPairing : IPairing
{
    public ValueTask<bool> PrepareAsync(HttpContext context, bool isNavigation, CancellationToken stop) => new(false);

    public void Inject(HttpRequestMessage request)
    {
        // Nothing is missing.
    }
}
