using System.Text.Json;
using Berth.Host;
using Berth.Servers;

namespace Berth.Gateway;

/// <summary>What the daemon answers to the gateway: a generated secret of a person's server, or what their server's
/// program issues. Both are looked up by the person's name in what apply wrote.</summary>
internal sealed class PairingRequests : IDisposable
{
    private const int MostAtOnce = 4;

    /// <summary>For one person within a minute. A browser that needs more is no person's.</summary>
    private const int MostPerMinute = 10;
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly HostPaths _paths;
    private readonly Files _files;
    private readonly ServerMint _mint;
    private readonly Action<string, string>? _drifted;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _room = new(MostAtOnce);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);

    /// <summary>One at a time, and so many within a minute.</summary>
    private sealed record Person(SemaphoreSlim Turn, Queue<long> Recent);

    /// <param name="paths">The host.</param>
    /// <param name="mint">Runs people's programs.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="drifted">Is told of people who could not be signed in, and why.</param>
    public PairingRequests(HostPaths paths, ServerMint mint, TimeProvider clock, Action<string, string>? drifted = null)
    {
        _drifted = drifted;
        (_paths, _files, _mint, _clock) = (paths, new Files(paths), mint, clock);
    }

    public async Task<ControlAnswer> AnswerAsync(string line, CancellationToken stop)
    {
        if (ControlRequest.Parse(line) is not { } request)
            return new ControlAnswer(Error: "that is no request");
        if (Config() is not { } config)
            return new ControlAnswer(Error: $"{GatewayConfig.Path} cannot be read; 'berth apply' writes it");
        if (request.Whose(config) is not { } route)
            return new ControlAnswer(Error: "nobody of that name has a server that runs");
        return request switch
        {
            { Ask: "secret" } => Secret(request, route),
            { Ask: "mint", Kind: { } kind } => await MintAsync(route, kind, stop),
            { Ask: "drift", Note: { } note } => Drifted(route, note),
            _ => new ControlAnswer(Error: "that is no request"),
        };
    }

    public void Dispose()
    {
        _room.Dispose();
        foreach (var person in _people.Values)
            person.Turn.Dispose();
    }

    private ControlAnswer Drifted(Route route, string note)
    {
        _drifted?.Invoke(route.User, note);
        return new ControlAnswer("");
    }

    private ControlAnswer Secret(ControlRequest request, Route route)
    {
        if (request.SecretPath(route) is not { } path)
            return new ControlAnswer(Error: $"Berth generates no such secret for {route.User}'s server");
        return Secrets.Value(_paths[path], request.Variable!) is { Length: > 0 } value
            ? new ControlAnswer(value)
            : new ControlAnswer(Error: $"{path} holds no such secret; 'berth apply' writes it");
    }

    private async Task<ControlAnswer> MintAsync(Route route, MintKind kind, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(ServerMint.Patience, _clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var person = PersonOf(route.User);
        try
        {
            await person.Turn.WaitAsync(end.Token);
            try
            {
                if (!MayNow(person))
                    return new ControlAnswer(Error: $"{route.User} was signed in too often within a minute");
                await _room.WaitAsync(end.Token);
                try
                {
                    return await _mint.IssueAsync(route, kind, end.Token);
                }
                finally
                {
                    _room.Release();
                }
            }
            finally
            {
                person.Turn.Release();
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new ControlAnswer(Error: $"{route.User} has to wait too long for their turn");
        }
    }

    private Person PersonOf(string user)
    {
        lock (_lock)
        {
            if (!_people.TryGetValue(user, out var person))
                _people[user] = person = new Person(new SemaphoreSlim(1), new Queue<long>());
            return person;
        }
    }

    private bool MayNow(Person person)
    {
        while (person.Recent.TryPeek(out var first) && _clock.GetElapsedTime(first) > s_minute)
            person.Recent.Dequeue();
        if (person.Recent.Count >= MostPerMinute)
            return false;
        person.Recent.Enqueue(_clock.GetTimestamp());
        return true;
    }

    private GatewayConfig? Config()
    {
        try
        {
            return _files.Text(GatewayConfig.Path) is { } text ? GatewayConfig.Parse(text) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
