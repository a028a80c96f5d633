using System.Buffers.Text;

namespace Berth.Recording;

/// <summary>A walk through a text of the kernel's, line by line, without garbage. A line counts only with its newline:
/// what a short read has cut off would otherwise be a number that is too small.</summary>
/// <param name="text">What was read.</param>
public ref struct KernelText(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>Takes the next whole line.</summary>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        var end = _rest.IndexOf((byte)'\n');
        line = end < 0 ? default : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        return end >= 0;
    }

    /// <summary>Takes the next whole line of the form <c>key value</c>; lines of another form are skipped.</summary>
    public bool Next(out ReadOnlySpan<byte> key, out long value)
    {
        while (Next(out var line))
        {
            var space = line.IndexOf((byte)' ');
            if (space <= 0 || !Number(line[(space + 1)..], out value))
                continue;
            key = line[..space];
            return true;
        }
        key = default;
        value = 0;
        return false;
    }

    /// <summary>A whole number and nothing else.</summary>
    public static bool Number(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out var read) && read == text.Length;

    /// <summary>The number that a text begins with; -1 for none.</summary>
    public static long Leading(ReadOnlySpan<byte> text) =>
        text.Length > 0 && char.IsAsciiDigit((char)text[0]) && Utf8Parser.TryParse(text, out long value, out _)
            ? value
            : -1;
}
