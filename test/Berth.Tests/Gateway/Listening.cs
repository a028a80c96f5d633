using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Berth.Gateway;

/// <summary>A small HTTP server on a port that was free.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private readonly WebApplication _application;

    private Listening(WebApplication application) => _application = application;

    public Uri Address { get; private set; } = null!;

    public static async Task<Listening> Start(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        ((IApplicationBuilder)application).Run(answer);
        await application.StartAsync();
        var server = application.Services.GetRequiredService<IServer>();
        return new Listening(application)
        {
            Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }
}
