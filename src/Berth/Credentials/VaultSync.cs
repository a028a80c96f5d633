namespace Berth.Credentials;

/// <summary>Keeps what root delivers from in step with Vault: one small question per person and poll (the version of
/// the entry), the secret only when that has changed, the store token renewed at half of its life. Nothing that it
/// does not learn takes anything away.</summary>
/// <param name="client">Vault.</param>
/// <param name="answers">Where answers go.</param>
/// <param name="tokens">Each person's store token.</param>
/// <param name="clock">The clock.</param>
/// <param name="say">One line for the journal, by person; never a secret.</param>
public sealed class VaultSync(
    VaultClient client,
    VaultAnswers answers,
    IReadOnlyDictionary<string, string> tokens,
    TimeProvider clock,
    Action<string, string> say
)
{
    /// <summary>Questions under way at once: enough to share packets, few enough not to be an attack.</summary>
    private const int AtOnce = 32;

    /// <summary>After a renewal that failed; a period is hundreds of hours.</summary>
    private static readonly TimeSpan s_renewAgain = TimeSpan.FromMinutes(10);

    /// <summary>Pauses are counted by a clock that nobody sets: a host that boots with a wrong date still asks.</summary>
    private readonly long _begun = clock.GetTimestamp();

    private readonly List<Person> _people = tokens.Select(pair => new Person(pair.Key, pair.Value)).ToList();

    private sealed class Person(string name, string token)
    {
        public string Name => name;
        public string Token => token;

        /// <summary>Of the entry as it was last read; null when it has to be read.</summary>
        public string? Stamp;
        public StoreAnswer? Last;
        public int Failures;

        /// <summary>Since the beginning.</summary>
        public TimeSpan NextAsk;
        public TimeSpan? RenewAt;
    }

    /// <summary>Runs until it is told to end.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        foreach (var gone in answers.People().Where(name => !tokens.ContainsKey(name)))
            answers.Remove(gone);
        using var poll = new PeriodicTimer(TokenFlow.Poll, clock);
        do await PassAsync(end);
        while (await poll.WaitForNextTickAsync(end));
    }

    /// <summary>Asks about everybody who is due.</summary>
    /// <returns>Whether there is something new to deliver.</returns>
    public async Task<bool> PassAsync(CancellationToken end)
    {
        var now = clock.GetElapsedTime(_begun);
        var changed = 0;
        await Parallel.ForEachAsync(
            _people.Where(person => person.NextAsk <= now),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = end },
            async (person, stop) =>
            {
                if (await ServedAsync(person, now, stop))
                    Interlocked.Increment(ref changed);
            }
        );
        if (changed > 0)
            answers.Tell();
        return changed > 0;
    }

    /// <summary>What was last learnt about each person.</summary>
    public IEnumerable<(string User, StoreAnswer? Answer)> Learnt =>
        _people.Select(person => (person.Name, person.Last));

    /// <summary>Whatever goes wrong with one person, the others are served.</summary>
    private async Task<bool> ServedAsync(Person person, TimeSpan now, CancellationToken end)
    {
        try
        {
            return await AskAsync(person, now, end);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            say(person.Name, $"{failure.GetType().Name}: {failure.Message}");
            Failed(person, now, null);
            return false;
        }
    }

    private static void Failed(Person person, TimeSpan now, TimeSpan? asked)
    {
        person.Failures = Math.Min(person.Failures + 1, 30);
        person.NextAsk = now + TokenFlow.Pause(person.Failures, asked, Random.Shared.NextDouble());
        // Nothing was read that this stamp could stand for.
        person.Stamp = null;
    }

    private async Task<bool> AskAsync(Person person, TimeSpan now, CancellationToken end)
    {
        if (person.RenewAt <= now)
            await RenewAsync(person, now, end);
        var (stamp, fault) = await client.StampAsync(person.Name, person.Token, end);
        if (stamp is not null && stamp == person.Stamp)
        {
            person.NextAsk = now;
            return false;
        }
        // A store that is away is not asked a second time.
        var (answer, lease) = fault is null ? await client.ReadAsync(person.Name, person.Token, end) : (fault, null);
        if (lease is not null)
            person.RenewAt ??= now + lease.RenewAfter;
        if (answer.Verdict is Verdict.Unknown)
        {
            Failed(person, now, answer.RetryAfter);
        }
        else
        {
            person.Failures = 0;
            person.NextAsk = now;
            // A stamp that contradicts the answer (a date in between that is not the store's) stands for nothing.
            person.Stamp = answer.Verdict is Verdict.Present && !VaultStamp.IsThere(stamp) ? null : stamp;
        }
        return Publish(person, answer with { RetryAfter = null });
    }

    /// <summary>An answer that is the same as the last one is not written again.</summary>
    private bool Publish(Person person, StoreAnswer answer)
    {
        if (answer == person.Last)
            return false;
        if (answer.Reason != person.Last?.Reason)
            say(person.Name, answer.Says);
        try
        {
            answers.Write(person.Name, answer);
        }
        catch (IOException full)
        {
            // This person's last answer stands; the others are served, and this one is asked again.
            say(person.Name, full.Message);
            person.Stamp = null;
            return false;
        }
        person.Last = answer;
        return true;
    }

    private async Task RenewAsync(Person person, TimeSpan now, CancellationToken end)
    {
        var (lease, fault) = await client.RenewAsync(person.Token, end);
        person.RenewAt = now + (lease is null ? s_renewAgain : lease.RenewAfter);
        if (fault is not null)
            say(person.Name, $"the store token was not renewed: {fault.Says}");
    }
}
