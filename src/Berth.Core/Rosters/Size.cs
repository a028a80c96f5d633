using System.Buffers;
using System.Globalization;

namespace Berth.Rosters;

/// <summary>An amount of memory as a roster writes it: <c>512M</c>, <c>16G</c>, <c>1.5T</c>, or a share of the
/// host's RAM such as <c>25%</c>. Units are powers of 1024, as in systemd.resource-control(5).</summary>
/// <param name="Bytes">The absolute amount; 0 when this is a share.</param>
/// <param name="Percent">The share of the host's RAM, over 0 and up to 100; 0 when this is an absolute amount.</param>
public readonly record struct Size(long Bytes, double Percent)
{
    /// <summary>The page every amount is rounded down to, because the kernel does so with <c>memory.max</c>.</summary>
    public const long Page = 4096;

    /// <summary>The least cap a roster may give: below it not even a shell and a session manager start.</summary>
    public const long LeastCap = 16L << 20;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    public static Size FromBytes(long bytes) => new(bytes, 0);

    public static Size Gibibytes(long count) => new(count << 30, 0);

    /// <summary>Reads a size. Accepts a number with one of K, M, G, T (an optional <c>iB</c> or <c>B</c> after
    /// it) or <c>%</c>.</summary>
    /// <returns>False when the text is no size, is zero or negative, or does not fit 63 bits.</returns>
    public static bool TryParse(string text, out Size size)
    {
        size = default;
        var number = text.AsSpan().Trim();
        if (number.EndsWith("%"))
        {
            if (!Number(number[..^1], out var percent) || percent is not (> 0 and <= 100))
                return false;
            size = new Size(0, percent);
            return true;
        }
        if (number.EndsWith("iB"))
            number = number[..^2];
        else if (number.EndsWith("B"))
            number = number[..^1];
        if (number.IsEmpty)
            return false;
        var shift = char.ToUpperInvariant(number[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => -1,
        };
        if (shift < 0 || !Number(number[..^1], out var amount))
            return false;
        var bytes = amount * (1L << shift);
        if (bytes is not (>= Page and <= long.MaxValue / 2))
            return false;
        size = new Size((long)bytes / Page * Page, 0);
        return true;
    }

    /// <summary>What a person probably meant by a text that is no size, as a hint.</summary>
    public static string Meant(string text)
    {
        var compact = text.Replace(" ", "", StringComparison.Ordinal).Replace(',', '.');
        if (TryParse(compact, out _))
            return $"did you mean '{compact}'?";
        if (compact.Length > 0 && char.IsAsciiDigit(compact[^1]) && TryParse(compact + "G", out _))
            return $"did you mean '{compact}G'?";
        if (compact.EndsWith('%'))
            return "write a share over 0% and up to 100%";
        return "write a size such as 512M, 16G or 25%";
    }

    /// <summary>The amount in bytes on a host with <paramref name="ram"/> bytes of memory, in whole pages.</summary>
    public long On(long ram) => Percent > 0 ? (long)(ram * (Percent / 100)) / Page * Page : Bytes;

    /// <summary>Whether this is more on every host; false where a share and an amount cannot be compared.</summary>
    public bool Exceeds(Size other) =>
        Percent > 0 == other.Percent > 0 && (Percent > other.Percent || Bytes > other.Bytes);

    public override string ToString() =>
        Percent > 0 ? Percent.ToString("0.##", CultureInfo.InvariantCulture) + "%" : Show(Bytes);

    /// <summary>An amount as a person writes it: the largest unit that keeps it exact, else one decimal.</summary>
    public static string Show(long bytes)
    {
        ReadOnlySpan<(int Shift, char Unit)> units = [(40, 'T'), (30, 'G'), (20, 'M'), (10, 'K')];
        foreach (var (shift, unit) in units)
        {
            if (bytes < 1L << shift)
                continue;
            var value = bytes / (double)(1L << shift);
            return value.ToString("0.#", CultureInfo.InvariantCulture) + unit;
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The amount as a directive of a systemd unit: exact, in the largest unit that divides it.</summary>
    public static string Directive(long bytes)
    {
        ReadOnlySpan<(int Shift, char Unit)> units = [(30, 'G'), (20, 'M'), (10, 'K')];
        foreach (var (shift, unit) in units)
        {
            if (bytes > 0 && bytes % (1L << shift) == 0)
                return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + unit;
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Digits with an optional point. double.TryParse alone would also take NaN and Infinity.</summary>
    private static bool Number(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        return !text.ContainsAnyExcept(s_digits)
            && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }
}
