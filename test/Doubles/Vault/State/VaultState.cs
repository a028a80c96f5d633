namespace Berth.Doubles.Vault;

/// <summary>Everything that the server knows, under one lock: a request sees all of another one or nothing of it.</summary>
internal sealed class VaultState
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Realm> _realms = new(StringComparer.Ordinal);
    private readonly List<VaultRequest> _requests = [];
    private readonly List<VaultRequest> _unexpected = [];

    public VaultState(VaultOptions options, VaultClock clock)
    {
        Clock = clock;
        foreach (var name in options.Namespaces.Select(name => name.Trim('/')).Prepend(""))
            _realms[name] = new Realm(name, options.Mounts, clock);
        var root = new Token
        {
            Id = options.RootToken ?? Token.Fresh(),
            DisplayName = "root",
            Policies = ["root"],
            Path = "auth/token/root",
            Issued = clock.GetUtcNow(),
        };
        Root.Tokens[root.Id] = root;
        RootToken = root.Id;
    }

    public VaultClock Clock { get; }

    public string RootToken { get; }

    public Realm Root => _realms[""];

    public Realm? Realm(string name) => _realms.GetValueOrDefault(name);

    public T Under<T>(Func<T> what)
    {
        lock (_lock)
            return what();
    }

    public IReadOnlyList<VaultRequest> Requests => Under(() => _requests.ToArray());

    public IReadOnlyList<VaultRequest> Unexpected => Under(() => _unexpected.ToArray());

    /// <summary>Remembers a request before anything is done about it: one that hangs is in the log, too.</summary>
    public int Begin(VaultRequest request) =>
        Under(() =>
        {
            _requests.Add(request);
            return _requests.Count - 1;
        });

    public void Struck(int slot, FaultKind kind) => Change(slot, request => request with { Fault = kind });

    public void End(int slot, int status, bool modelled)
    {
        Change(slot, request => request with { Status = status });
        if (!modelled)
            Under(() =>
            {
                if (slot < _requests.Count)
                    _unexpected.Add(_requests[slot]);
                return 0;
            });
    }

    public void Forget() =>
        Under(() =>
        {
            _requests.Clear();
            _unexpected.Clear();
            return 0;
        });

    private void Change(int slot, Func<VaultRequest, VaultRequest> how) =>
        Under(() =>
        {
            // The log may have been emptied meanwhile.
            if (slot < _requests.Count)
                _requests[slot] = how(_requests[slot]);
            return 0;
        });
}
