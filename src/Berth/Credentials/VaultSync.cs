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

    private readonly List<Person> _people = tokens.Select(pair => new Person(pair.Key, pair.Value)).ToList();

    private sealed class Person(string name, string token)
    {
        public string Name => name;
        public string Token => token;

        /// <summary>Of the entry as it was last read; null when it has to be read.</summary>
        public string? Stamp;
        public StoreAnswer? Last;
        public int Failures;
        public DateTimeOffset NextAsk;
        public DateTimeOffset? RenewAt;
    }

    /// <summary>Runs until it is told to end.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        using var poll = new PeriodicTimer(TokenFlow.Poll, clock);
        do await PassAsync(end);
        while (await poll.WaitForNextTickAsync(end));
    }

    /// <summary>Asks about everybody who is due.</summary>
    /// <returns>Whether there is something new to deliver.</returns>
    public async Task<bool> PassAsync(CancellationToken end)
    {
        var now = clock.GetUtcNow();
        var changed = 0;
        await Parallel.ForEachAsync(
            _people.Where(person => person.NextAsk <= now),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = end },
            async (person, stop) =>
            {
                if (await AskAsync(person, now, stop))
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

    private async Task<bool> AskAsync(Person person, DateTimeOffset now, CancellationToken end)
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
            person.RenewAt ??= lease.RenewAt(now);
        if (answer.Verdict is Verdict.Unknown)
        {
            person.Failures = Math.Min(person.Failures + 1, 30);
            person.NextAsk = now + TokenFlow.Pause(person.Failures, answer.RetryAfter, Random.Shared.NextDouble());
            // Nothing was read that this stamp could stand for.
            person.Stamp = null;
        }
        else
        {
            person.Failures = 0;
            person.NextAsk = now;
            person.Stamp = stamp;
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

    private async Task RenewAsync(Person person, DateTimeOffset now, CancellationToken end)
    {
        var (lease, fault) = await client.RenewAsync(person.Token, end);
        person.RenewAt = lease is null ? now + s_renewAgain : lease.RenewAt(now);
        if (fault is not null)
            say(person.Name, $"the store token was not renewed: {fault.Says}");
    }
}
