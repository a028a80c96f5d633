using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Berth.Gateway;

/// <summary>Credentials that were found right, by their exact text, so that a person's next request costs a look-up
/// and no cryptography. Only what was proven is in it: nobody can fill it with guesses. Bounded: when one generation
/// is full the one before is forgotten, and what is still asked for moves along.</summary>
internal sealed class ProofCache<T>(int capacity = ProofCache<T>.Usual)
    where T : class
{
    public const int Usual = 4096;

    private sealed class Generation
    {
        public readonly ConcurrentDictionary<string, T> Proofs = new(new ByText());
        public int Count;
    }

    private sealed record Both(Generation Young, Generation Old);

    private readonly int _half = capacity / 2;
    private volatile Both _both = new(new Generation(), new Generation());

    public bool TryGet(ReadOnlySpan<char> text, [NotNullWhen(true)] out T? proof)
    {
        var both = _both;
        if (both.Young.Proofs.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out proof))
            return true;
        if (!both.Old.Proofs.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out proof))
            return false;
        Add(text.ToString(), proof);
        return true;
    }

    public void Add(string text, T proof)
    {
        var both = _both;
        if (!both.Young.Proofs.TryAdd(text, proof) || Interlocked.Increment(ref both.Young.Count) < _half)
            return;
        // Whoever comes second finds another pair there and leaves it.
        Interlocked.CompareExchange(ref _both, new Both(new Generation(), both.Young), both);
    }

    /// <summary>Equal to the last character. The hash takes the end alone, which is a signature and thus as good as
    /// random; a token's beginning is alike for everybody.</summary>
    private sealed class ByText : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<char>, string>
    {
        private const int End = 32;

        public bool Equals(string? one, string? other) => string.Equals(one, other, StringComparison.Ordinal);

        public bool Equals(ReadOnlySpan<char> one, string other) => one.SequenceEqual(other);

        public int GetHashCode(string text) => GetHashCode(text.AsSpan());

        public int GetHashCode(ReadOnlySpan<char> text) =>
            string.GetHashCode(text[Math.Max(0, text.Length - End)..], StringComparison.Ordinal);

        public string Create(ReadOnlySpan<char> text) => text.ToString();
    }
}
