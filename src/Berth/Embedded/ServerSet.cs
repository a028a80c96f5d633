namespace Berth.Embedded;

/// <summary>The servers that run under <c>berth up</c>: some start, some end, the others go on.</summary>
internal sealed class ServerSet(StateFolder state, EngineView view, CgroupCaps? caps)
{
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<EmbeddedServer> _all = [];
    private bool _isEnding;

    public IReadOnlyList<EmbeddedServer> All => _all;

    public IReadOnlyList<Placement> Placements => [.. _all.Select(server => server.Placement)];

    /// <returns>Those that were started; none once everything ends.</returns>
    public IReadOnlyList<EmbeddedServer> Start(IEnumerable<Placement> placements)
    {
        lock (_lock)
        {
            if (_isEnding)
                return [];
            var started = placements.Select(one => new EmbeddedServer(one, state, view)).ToList();
            _all = [.. _all, .. started];
            foreach (var server in started)
                server.Start(Enclose);
            return started;
        }
    }

    /// <summary>Lets servers go on under another cap, or another ready check.</summary>
    public void Change(IReadOnlyList<Placement> placements)
    {
        foreach (var server in _all)
        {
            if (placements.FirstOrDefault(one => one.User == server.User) is not { } placement)
                continue;
            // A server that is starting again meanwhile must not put the old cap over the new one.
            lock (_lock)
            {
                server.Placement = placement;
                // A lower one waits for the guard, who makes room for it.
                if (caps is not null && caps.Cap(server.User) < placement.Cap)
                    Cap(server);
            }
        }
    }

    /// <summary>Has the kernel hold the cap of a server that runs.</summary>
    public void Cap(EmbeddedServer server)
    {
        try
        {
            lock (_lock)
                caps?.Change(server.User, server.Placement.Cap);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            view.Event(
                "problem",
                server.User,
                $"their new cap holds from their server's next start: {refused.Message}"
            );
        }
    }

    private void Enclose(EmbeddedServer server)
    {
        lock (_lock)
            caps?.Enclose(server.User, server.HoldPid, server.Placement.Cap);
    }

    /// <summary>Ends the servers of these people, and waits for it.</summary>
    public async Task EndAsync(IReadOnlyCollection<string> users)
    {
        var leaving = _all.Where(server => users.Contains(server.User, StringComparer.Ordinal)).ToList();
        await Task.WhenAll(leaving.Select(server => server.EndAsync()));
        lock (_lock)
            _all = [.. _all.Except(leaving)];
        foreach (var server in leaving)
        {
            caps?.Remove(server.User);
            server.Dispose();
        }
    }

    /// <summary>Ends all of them; none is started any more.</summary>
    public async Task EndAsync()
    {
        lock (_lock)
            _isEnding = true;
        await Task.WhenAll(_all.Select(server => server.EndAsync()));
        foreach (var server in _all)
            caps?.Remove(server.User);
    }
}
