using System.Globalization;
using System.Text;

namespace Berth.Recording;

/// <summary>Bytes that somebody else chose, as a text that fits on one line of a terminal, a log or a JSON string:
/// what is no UTF-8 becomes <c>\xNN</c>; newlines, controls and characters that turn the writing direction or hide are
/// escaped.</summary>
public static class Printable
{
    /// <summary>The same of a text that came in as one.</summary>
    public static string Text(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Shows(rune))
                return Text(Encoding.UTF8.GetBytes(text), int.MaxValue);
        }
        return text;
    }

    /// <param name="bytes">Any bytes.</param>
    /// <param name="limit">At most so many characters, the mark of the cut (…) among them.</param>
    public static string Text(ReadOnlySpan<byte> bytes, int limit)
    {
        var text = new StringBuilder(Math.Min(bytes.Length, limit));
        while (bytes.Length > 0)
        {
            var before = text.Length;
            var whole = Rune.DecodeFromUtf8(bytes, out var rune, out var used) is System.Buffers.OperationStatus.Done;
            if (whole)
                Append(text, rune);
            else
                foreach (var one in bytes[..used])
                    text.Append("\\x").Append(one.ToString("x2", CultureInfo.InvariantCulture));
            if (text.Length > limit || (text.Length == limit && bytes.Length > used))
            {
                text.Length = Math.Min(before, limit - 1);
                return text.Append('…').ToString();
            }
            bytes = bytes[used..];
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n':
                text.Append("\\n");
                break;
            case '\t':
                text.Append("\\t");
                break;
            case '\r':
                text.Append("\\r");
                break;
            default:
                if (Shows(rune))
                    text.Append(rune.ToString());
                else if (rune.Value < 0x100)
                    text.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture));
                else
                    text.Append("\\u{").Append(rune.Value.ToString("x", CultureInfo.InvariantCulture)).Append('}');
                break;
        }
    }

    private static bool Shows(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.Surrogate
                or UnicodeCategory.OtherNotAssigned
            );
}
