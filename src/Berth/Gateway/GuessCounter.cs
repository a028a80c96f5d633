namespace Berth.Gateway;

/// <summary>Counts wrong links, from everybody together. A token cannot be guessed (2²⁵⁶), so this keeps nobody with a
/// right one out: it makes guessing cheap to refuse, and known.</summary>
internal sealed class GuessCounter(TimeProvider clock, Action<string> say)
{
    public const int MostInAMinute = 60;

    private readonly Lock _gate = new();
    private long _minute;
    private int _count;

    /// <summary>Notes a wrong one.</summary>
    /// <returns>False when there were too many within this minute.</returns>
    public bool Note()
    {
        lock (_gate)
        {
            var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
            if (minute != _minute)
                _count = 0;
            _minute = minute;
            // One line a minute at most, however many there are.
            if (++_count == MostInAMinute + 1)
                say($"sign-in: more than {MostInAMinute} links within a minute that are none; somebody is guessing");
            return _count <= MostInAMinute;
        }
    }
}
