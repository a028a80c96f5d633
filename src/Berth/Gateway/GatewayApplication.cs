using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>Hands Kestrel's requests to the gate, without the layers of a web framework in between. What one request
/// needs is kept by its connection and used again.</summary>
internal sealed class GatewayApplication(
    Gate gate,
    SocketDoor sockets,
    AccessLog? access,
    Action<string> log,
    Traffic traffic
) : IHttpApplication<GatewayApplication.Visit>
{
    /// <summary>One request at a time of one connection.</summary>
    internal sealed class Visit
    {
        public DefaultHttpContext Context { get; } = new(new FeatureCollection());

        public RequestNote Note { get; } = new();
    }

    public Visit CreateContext(IFeatureCollection contextFeatures)
    {
        var keeper = contextFeatures as IHostContextContainer<Visit>;
        var visit = keeper?.HostContext ?? new Visit();
        if (keeper is not null)
            keeper.HostContext = visit;
        visit.Context.Initialize(contextFeatures);
        return visit;
    }

    public async Task ProcessRequestAsync(Visit context)
    {
        var http = context.Context;
        try
        {
            await gate.PassAsync(http, context.Note);
            if (context.Note.Ride is { } ride)
            {
                await sockets.CarryAsync(ride);
            }
        }
        catch (Exception failure)
            when (http.RequestAborted.IsCancellationRequested || failure is BadHttpRequestException)
        {
            // The client is gone, or sent what is no HTTP: Kestrel answers that.
            if (failure is BadHttpRequestException bad && !http.Response.HasStarted)
                http.Response.StatusCode = bad.StatusCode;
        }
#pragma warning disable CA1031 // One request must not take others along, whatever happened to it.
        catch (Exception failure)
        {
            log($"a request failed: {failure.GetType().Name}: {failure.Message}");
            if (http.Response.HasStarted)
                http.Abort();
            else
                await Pages.Failed().WriteAsync(http, document: false);
        }
#pragma warning restore CA1031
        if (context.Note.IsProbe)
            return;
        traffic.Answered(http.Response.StatusCode);
        access?.Write(AccessLog.Of(http, context.Note));
    }

    public void DisposeContext(Visit context, Exception? exception)
    {
        context.Note.Clear();
        context.Context.Uninitialize();
    }
}
