using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Berth.WebTests.Box;

/// <summary>A person's server with one page, which reads an endless stream and counts how often it had to open it.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private readonly WebApplication _application;
    private readonly CancellationTokenSource _stop = new();
    private int _requests;

    private Site(string name)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        ((IApplicationBuilder)_application).Run(context => AnswerAsync(name, context));
    }

    public static async Task<Site> Start(string name)
    {
        var site = new Site(name);
        await site._application.StartAsync();
        var addresses = site
            ._application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!;
        site.Port = new Uri(addresses.Addresses.First()).Port;
        return site;
    }

    public int Port { get; private set; }

    /// <summary>How many requests have reached it.</summary>
    public int Requests => _requests;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _stop.Dispose();
    }

    private async Task AnswerAsync(string name, HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        if (context.Request.Path != "/stream")
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(
                $"""
                <!doctype html><title>{name}</title><h1>{name}</h1>
                <p>opened <span id="opened">0</span> times, line <span id="line"></span></p>
                <script>
                const show = (id, text) => (document.getElementById(id).textContent = text);
                let opened = 0;
                const events = new EventSource("/stream");
                events.onopen = () => show("opened", ++opened);
                events.onmessage = (event) => show("line", event.data);
                </script>
                """
            );
            return;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        context.Response.ContentType = "text/event-stream";
        try
        {
            for (var line = 1; ; line++)
            {
                var number = line.ToString(CultureInfo.InvariantCulture);
                await context.Response.WriteAsync($"retry: 100\ndata: {number}\n\n", end.Token);
                await context.Response.Body.FlushAsync(end.Token);
                await Task.Delay(s_pause, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}
