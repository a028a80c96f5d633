using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Berth.Doubles.Vault;

/// <summary>A server that answers as Vault and OpenBao do for KV version 2, tokens and policies, over TLS, from
/// memory; and that fails in any way it is told to.</summary>
public sealed class VaultDouble : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);
    private readonly VaultState _state;
    private readonly Faults _faults = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly WebApplication _application;
    private readonly bool _ownsCaFile;

    private VaultDouble(VaultOptions options)
    {
        _state = new VaultState(options, Clock);
        var (pem, server) = Authority.Create();
        _ownsCaFile = options.CaFile is null;
        CaFile = options.CaFile ?? Path.Join(Path.GetTempPath(), $"vault-double-{Guid.NewGuid():N}.pem");
        File.WriteAllText(CaFile, pem);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // A busy machine is not a slow client: on time nothing is decided but by a fault that was asked for.
            kestrel.Limits.KeepAliveTimeout = kestrel.Limits.RequestHeadersTimeout = s_patience;
            kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(
                IPAddress.Loopback,
                options.Port,
                listen =>
                {
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    listen.UseHttps(
                        new HttpsConnectionAdapterOptions { ServerCertificate = server, HandshakeTimeout = s_patience }
                    );
                }
            );
        });
        _application = builder.Build();
        var front = new Front(options, _state, _faults, _stop.Token);
        var control = new Control(this, _state);
        ((IApplicationBuilder)_application).Run(context =>
            context.Request.Path.StartsWithSegments("/_double") ? control.Handle(context) : front.Handle(context)
        );
    }

    public static async Task<VaultDouble> Start(VaultOptions? options = null)
    {
        var vault = new VaultDouble(options ?? new VaultOptions());
        await vault._application.StartAsync();
        var server = vault._application.Services.GetRequiredService<IServer>();
        vault.Address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return vault;
    }

    /// <summary><c>https://127.0.0.1:PORT</c>, HTTP/1.1 and HTTP/2.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The authority to trust, as PEM.</summary>
    public string CaFile { get; }

    public string RootToken => _state.RootToken;

    public VaultClock Clock { get; } = new();

    /// <summary>Every request so far, in order.</summary>
    public IReadOnlyList<VaultRequest> Requests => _state.Requests;

    /// <summary>The requests that are outside of what the double models.</summary>
    public IReadOnlyList<VaultRequest> Unexpected => _state.Unexpected;

    /// <summary>Forgets the requests so far.</summary>
    public void ForgetRequests() => _state.Forget();

    /// <summary>Writes a new version of an entry, asking nobody.</summary>
    /// <param name="path">The mount and the path below it, without <c>data/</c>.</param>
    /// <param name="fields">All of the entry's fields.</param>
    /// <returns>The new version.</returns>
    public long Put(string path, JsonObject fields, string space = "") =>
        _state.Under(() =>
        {
            var (_, kv, rest) = Place(path, space);
            var entry = kv.Ensure(rest);
            entry.Add(fields.DeepClone().AsObject(), Clock.GetUtcNow());
            return entry.Current;
        });

    public long Put(string path, params (string Name, string Value)[] fields)
    {
        var all = new JsonObject();
        foreach (var (name, value) in fields)
            all[name] = value;
        return Put(path, all);
    }

    /// <summary>The fields of the latest version; null where it cannot be read.</summary>
    public JsonObject? Read(string path, string space = "") =>
        _state.Under(() =>
            Latest(path, space) is { } version && version.Readable(Clock.GetUtcNow())
                ? version.Fields!.DeepClone().AsObject()
                : null
        );

    /// <summary>The latest version's number; 0 where nothing was ever written.</summary>
    public long Version(string path, string space = "") =>
        _state.Under(() =>
        {
            var (_, kv, rest) = Place(path, space);
            return kv.Entries.GetValueOrDefault(rest)?.Current ?? 0;
        });

    /// <summary>Deletes the latest version, so that it can be had back; or has it deleted later.</summary>
    public void SoftDelete(string path, DateTimeOffset? at = null, string space = "") =>
        _state.Under(() => Existing(path, space).Deleted = at ?? Clock.GetUtcNow());

    /// <summary>Destroys the latest version for good.</summary>
    public void Destroy(string path, string space = "") =>
        _state.Under(() =>
        {
            var version = Existing(path, space);
            (version.Destroyed, version.Fields) = (true, null);
            return 0;
        });

    /// <summary>Takes the entry away with all of its versions, as if it had never been.</summary>
    public void Forget(string path, string space = "") =>
        _state.Under(() =>
        {
            var (_, kv, rest) = Place(path, space);
            return kv.Entries.Remove(rest);
        });

    /// <summary>Asks for <c>cas</c> at each write of this entry.</summary>
    public void RequireCas(string path, string space = "") =>
        _state.Under(() =>
        {
            var (_, kv, rest) = Place(path, space);
            return kv.Ensure(rest).CasRequired = true;
        });

    public void WritePolicy(string name, string text, string space = "") =>
        _state.Under(() => Realm(space).Policies[name] = Policy.Parse(text));

    /// <summary>Makes an orphan, periodic token.</summary>
    /// <param name="displayName">Without the prefix that Vault gives it.</param>
    /// <param name="policies">Beside the default one.</param>
    /// <returns>The token's text.</returns>
    public string Mint(
        string displayName,
        IReadOnlyList<string> policies,
        TimeSpan? period = null,
        TimeSpan? ttl = null,
        string space = "",
        string? id = null
    ) =>
        _state.Under(() =>
        {
            var first = period ?? ttl ?? TimeSpan.FromHours(768);
            var token = new Token
            {
                Id = id ?? Token.Fresh(),
                DisplayName = TokenCalls.DisplayName(displayName),
                Policies = [.. policies.Append("default").Distinct().Order(StringComparer.Ordinal)],
                Path = "auth/token/create-orphan",
                Period = period ?? TimeSpan.Zero,
                CreationTtl = first,
                Issued = Clock.GetUtcNow(),
                Expires = Clock.GetUtcNow() + first,
            };
            Realm(space).Tokens[token.Id] = token;
            return token.Id;
        });

    /// <summary>Takes a token away at once.</summary>
    public void Revoke(string token, string space = "") =>
        _state.Under(() =>
            Realm(space).Tokens.TryGetValue(token, out var found) ? TokenCalls.Revoke(Realm(space), found) : null
        );

    /// <summary>The next requests whose path below <c>/v1/</c> begins so fail in this way.</summary>
    /// <param name="kind">In which way.</param>
    /// <param name="path">The beginning of the path; empty for every one.</param>
    /// <param name="times">How many of them; null for all until <see cref="Heal"/>.</param>
    public void Fault(FaultKind kind, string path = "", int? times = null) =>
        Fault(new Fault(kind, request => request.Path.StartsWith(path, StringComparison.Ordinal), times));

    public void Fault(FaultKind kind, Func<VaultRequest, bool> when, int? times = null) =>
        Fault(new Fault(kind, when, times));

    public void Fault(Fault fault) => _faults.Add(fault);

    /// <summary>Ends every fault.</summary>
    public void Heal() => _faults.Clear();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Whoever still hangs on a connection is not waited for.
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _stop.Dispose();
        if (_ownsCaFile)
            File.Delete(CaFile);
    }

    private Realm Realm(string space) =>
        _state.Realm(space) ?? throw new ArgumentException($"there is no namespace '{space}'", nameof(space));

    private (string Mount, KvMount Kv, string Below) Place(string path, string space) =>
        Realm(space).Find(path) ?? throw new ArgumentException($"there is no mount for '{path}'", nameof(path));

    private EntryVersion? Latest(string path, string space)
    {
        var (_, kv, rest) = Place(path, space);
        return kv.Entries.TryGetValue(rest, out var entry) ? entry.Versions.GetValueOrDefault(entry.Current) : null;
    }

    private EntryVersion Existing(string path, string space) =>
        Latest(path, space) ?? throw new ArgumentException($"nothing is at '{path}'", nameof(path));
}
