using Berth.Rosters;
using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>Where an identity keeps and finds what belongs to it.</summary>
/// <param name="State">Of the gateway alone (mode 0700): /var/lib/berth-gateway, or a folder of <c>berth up</c>.</param>
/// <param name="Credentials"><c>$CREDENTIALS_DIRECTORY</c>, where systemd hands over what only root may read; null
/// outside of a unit.</param>
internal sealed record IdentityFolders(string State, string? Credentials);

/// <summary>How people come in, as the configuration says, with what it does in the background.</summary>
internal sealed class Identities : IAsyncDisposable
{
    private const string SecretCredential = "secret";
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_flush = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_fetch = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(15);

    private readonly Action<string> _say;
    private readonly TimeProvider _clock;
    private Recurring? _background;
    private FetchedKeys? _fetched;

    private Identities(GatewayConfig config, IdentityFolders folders, Action<string> say, TimeProvider clock)
    {
        _say = say;
        _clock = clock;
        var settings = config.Gateway.Identity;
        Identity = settings.Kind switch
        {
            "jwt" => Jwt(settings),
            "header" => Header(config.Gateway, folders),
            "link" => Link(config, folders),
            _ => throw new InvalidDataException($"identity: there is no kind {Names.Shown(settings.Kind)}"),
        };
        Control = new LinkControl(Desk, settings.Kind, say);
    }

    public IIdentity Identity { get; }

    /// <summary>Paths that this way of signing in answers itself, whoever asks.</summary>
    public IReadOnlyDictionary<string, RequestDelegate> Paths { get; private set; } =
        new Dictionary<string, RequestDelegate>();

    /// <summary>Makes sign-in links; null where people sign in in another way.</summary>
    public SignInDesk? Desk { get; private set; }

    /// <summary>Answers <c>berth link</c>.</summary>
    public LinkControl Control { get; }

    /// <param name="config">Its <c>identity:</c> stays for as long as this does; a change of it takes another.</param>
    /// <param name="folders">Where things are kept.</param>
    /// <param name="say">Where one line goes about whatever is out of the ordinary; it never holds a secret.</param>
    /// <param name="clock">By whose time.</param>
    /// <exception cref="InvalidDataException">What the configuration says would let in anybody.</exception>
    /// <exception cref="IOException">A file that is needed cannot be read or written.</exception>
    public static Identities From(
        GatewayConfig config,
        IdentityFolders folders,
        Action<string> say,
        TimeProvider? clock = null
    ) => new(config, folders, say, clock ?? TimeProvider.System);

    /// <summary>The configuration has other people now.</summary>
    public void Follow(GatewayConfig config) => Try(() => Desk?.Follow(config));

    public async ValueTask DisposeAsync()
    {
        if (_background is not null)
            await _background.DisposeAsync();
        _fetched?.Dispose();
        Try(() => Desk?.Flush());
    }

    private JwtIdentity Jwt(IdentitySettings settings)
    {
        if (
            settings is not { Header.Length: > 0, Jwks: { Length: > 0 } jwks, Issuer.Length: > 0, Audience.Length: > 0 }
        )
            throw new InvalidDataException("identity: kind jwt needs header, jwks, issuer and audience");
        SigningKeys keys;
        if (jwks.StartsWith('/'))
        {
            var file = new FollowedFile(jwks, FetchedKeys.Largest);
            keys = new SigningKeys(jwks, _ => Task.FromResult(file.IfChanged()), TimeSpan.Zero, _clock, _say);
            _background = new Recurring(stop => RefreshAsync(keys, s_look, stop), _clock);
        }
        else
        {
            _fetched = new FetchedKeys(new Uri(jwks));
            keys = new SigningKeys(jwks, _fetched.ReadAsync, TimeSpan.FromSeconds(30), _clock, _say);
            _background = new Recurring(stop => RefreshAsync(keys, s_fetch, stop), _clock);
        }
        return new JwtIdentity(settings, keys, _clock);
    }

    private static async Task<TimeSpan> RefreshAsync(SigningKeys keys, TimeSpan every, CancellationToken stop)
    {
        await keys.RefreshAsync(stop);
        return keys.IsFaulty && every > s_again ? s_again : every;
    }

    private HeaderIdentity Header(GatewaySettings gateway, IdentityFolders folders)
    {
        if (gateway.Identity is not { Header.Length: > 0 })
            throw new InvalidDataException("identity: kind header needs the header that carries it");
        if (gateway.Identity.SecretFile is not { } path)
            return new HeaderIdentity(gateway, null);
        // Only root may read the file itself: systemd hands its content over.
        if (folders.Credentials is { } handed && File.Exists(Path.Join(handed, SecretCredential)))
            path = Path.Join(handed, SecretCredential);
        var secret = new SharedSecret(path, _say);
        _background = new Recurring(
            _ =>
            {
                secret.Refresh();
                return Task.FromResult(s_look);
            },
            _clock
        );
        return new HeaderIdentity(gateway, secret);
    }

    private LinkIdentity Link(GatewayConfig config, IdentityFolders folders)
    {
        var desk = new SignInDesk(new SignInFile(folders.State, _say), config, _clock);
        Desk = desk;
        Paths = new SignInPaths(desk, new GuessCounter(_clock, _say), _say).ByPath();
        _background = new Recurring(
            _ =>
            {
                Try(desk.Flush);
                return Task.FromResult(s_flush);
            },
            _clock
        );
        return new LinkIdentity(desk);
    }

    /// <summary>Only the memory of it suffers: what decides who gets in is saved before it counts.</summary>
    private void Try(Action save)
    {
        try
        {
            save();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _say($"sign-in: {failure.Message}");
        }
    }
}
