using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Berth.Doubles.T3;

/// <summary>A server that signs people in as T3 Code does, and fails in the ways that T3 Code was seen to.</summary>
public sealed class T3Double : IAsyncDisposable
{
    public const string Version = "0.0.33";

    private readonly BaseFolder _folder;
    private readonly Auth _auth;
    private readonly Faults _faults;
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<T3Request> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string? _temporary;
    private volatile bool _attached;

    private T3Double(T3Options options)
    {
        Options = options;
        _attached = options.Attached;
        _temporary = options.BaseFolder is null ? Directory.CreateTempSubdirectory("t3-double-").FullName : null;
        _folder = new BaseFolder(options.BaseFolder ?? _temporary!);
        _auth = new Auth(_folder, TimeProvider.System);
        _faults = new Faults(Path.Join(_folder.Path, "faults"));

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(
                IPAddress.Parse(options.Host),
                options.Port,
                listen => listen.Protocols = HttpProtocols.Http1
            );
        });
        _application = builder.Build();
        var front = new Front(options, _folder, _auth, _faults, () => Port);
        var pipeline = (IApplicationBuilder)_application;
        pipeline.UseWebSockets();
        pipeline.Run(context => AnswerAsync(front, context));
    }

    public static async Task<T3Double> Start(T3Options? options = null)
    {
        var server = new T3Double(options ?? new T3Options());
        await server._application.StartAsync();
        var kestrel = server._application.Services.GetRequiredService<IServer>();
        server.Address = kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Port = new Uri(server.Address).Port;
        server._folder.Running(
            new JsonObject
            {
                ["version"] = 1,
                ["pid"] = Environment.ProcessId,
                ["host"] = server.Options.Host,
                ["port"] = server.Port,
                ["origin"] = server.Address,
                ["startedAt"] = Auth.Moment(TimeProvider.System.GetUtcNow()),
            }
        );
        return server;
    }

    public T3Options Options { get; }

    /// <summary><c>http://HOST:PORT</c>, HTTP/1.1.</summary>
    public string Address { get; private set; } = "";

    public int Port { get; private set; }

    /// <summary>Where its state is.</summary>
    public string BaseFolder => _folder.Path;

    public string CookieName => _folder.CookieName(Options.Cookie, Port);

    /// <summary>Every request so far, those without an answer as well.</summary>
    public IReadOnlyList<T3Request> Requests => [.. _requests];

    /// <summary>How often something was asked.</summary>
    public int Count(string method, string path) =>
        _requests.Count(request => request.Method == method && request.Path == path);

    /// <summary>From now on requests are answered; those that came before never are.</summary>
    public void Attach() => _attached = true;

    public void Set(T3Fault fault, bool holds = true) => _faults.Set(fault, holds);

    /// <summary>Forgets every session, as when its database was lost: cookies and bearers are dead.</summary>
    public void LoseSessions() => _folder.Clear("sessions");

    /// <summary>What <c>t3 auth session issue --json</c> prints.</summary>
    public string IssueSession() => _auth.IssueSession(TimeSpan.FromHours(1)).ToJsonString();

    /// <summary>What <c>t3 auth pairing create --json</c> prints.</summary>
    public string IssueCredential() => _auth.IssueCredential(TimeSpan.FromMinutes(5), null).ToJsonString();

    /// <summary>What the real one prints at every start, with the rights of an admin.</summary>
    public string Announcement()
    {
        var credential = _auth.IssueCredential(TimeSpan.FromMinutes(5), null, Address, admin: true);
        return $"""
            Listening on {Address}
            Token: {(string?)credential["credential"]}
            Pairing URL: {(string?)credential["pairUrl"]}
            █▀▀▀▀▀█ ▄▀ █▀▀▀▀▀█
            █ ███ █ ▀▄ █ ███ █
            ▀▀▀▀▀▀▀ ▀  ▀▀▀▀▀▀▀
            """;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Whoever still hangs on a connection is not waited for.
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _folder.Running(null);
        _stop.Dispose();
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }

    private async Task AnswerAsync(Front front, HttpContext context)
    {
        _requests.Enqueue(new T3Request(context.Request.Method, context.Request.Path.Value ?? "/"));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        context.RequestAborted = end.Token;
        if (_attached && !_faults.Holds(T3Fault.NeverAnswers))
        {
            await front.HandleAsync(context);
            return;
        }
        // No handler is there, and none will see this request later.
        await Task.Delay(Timeout.InfiniteTimeSpan, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }
}
