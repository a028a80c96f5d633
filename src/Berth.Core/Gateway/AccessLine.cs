using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;

namespace Berth.Gateway;

/// <summary>What the access log tells of one request.</summary>
public readonly record struct AccessEntry(
    IPAddress? Client,
    string? User,
    string Method,
    string Target,
    string Protocol,
    int Status,
    long Bytes,
    string? Referer,
    string? UserAgent
);

/// <summary>One line of the access log in the combined format that every log reader knows. Never a cookie, never a
/// secret of a query; what a client could use to forge a line is escaped.</summary>
public static class AccessLine
{
    /// <summary>Longer than any line of an ordinary request; longer parts are cut.</summary>
    public const int MaxLength = 8192;
    private const int MaxPart = 1024;
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    );

    /// <summary>Writes the line with its end into <paramref name="into"/> (<see cref="MaxLength"/> bytes) and gives its
    /// length.</summary>
    /// <param name="time">The moment, as <see cref="Time"/> gives it.</param>
    public static int Write(Span<byte> into, in AccessEntry entry, ReadOnlySpan<byte> time)
    {
        var at = 0;
        if (entry.Client is not null && entry.Client.TryFormat(into, out var written))
            at = written;
        else
            into[at++] = (byte)'-';
        " - "u8.CopyTo(into[at..]);
        at += 3;
        at = Text(into, at, entry.User ?? "-", ' ');
        " ["u8.CopyTo(into[at..]);
        at += 2;
        time.CopyTo(into[at..]);
        at += time.Length;
        "] \""u8.CopyTo(into[at..]);
        at += 3;
        at = Text(into, at, entry.Method, '\0');
        into[at++] = (byte)' ';
        at = Text(into, at, QuerySecrets.Redact(entry.Target), '\0');
        into[at++] = (byte)' ';
        at = Text(into, at, entry.Protocol, '\0');
        "\" "u8.CopyTo(into[at..]);
        at += 2;
        Utf8Formatter.TryFormat(entry.Status, into[at..], out written);
        at += written;
        into[at++] = (byte)' ';
        Utf8Formatter.TryFormat(entry.Bytes, into[at..], out written);
        at += written;
        " \""u8.CopyTo(into[at..]);
        at += 2;
        at = Text(into, at, entry.Referer is null ? "-" : QuerySecrets.Redact(entry.Referer), '\0');
        "\" \""u8.CopyTo(into[at..]);
        at += 3;
        at = Text(into, at, entry.UserAgent ?? "-", '\0');
        "\"\n"u8.CopyTo(into[at..]);
        return at + 2;
    }

    /// <summary>The moment in the log's format, such as <c>10/Oct/2000:13:55:36 +0000</c>; made once a second.</summary>
    public static byte[] Time(DateTimeOffset moment) =>
        Encoding.ASCII.GetBytes($"{moment.UtcDateTime:dd'/'MMM'/'yyyy':'HH':'mm':'ss} +0000");

    private static int Text(Span<byte> into, int at, ReadOnlySpan<char> text, char alsoEscaped)
    {
        if (text.Length > MaxPart)
            text = text[..MaxPart];
        if (alsoEscaped == '\0' && !text.ContainsAnyExcept(s_plain))
        {
            Encoding.ASCII.GetBytes(text, into[at..]);
            return at + text.Length;
        }
        var last = at + MaxPart - 4;
        foreach (var letter in text)
        {
            if (at > last)
                break;
            if (letter != alsoEscaped && s_plain.Contains(letter))
            {
                into[at++] = (byte)letter;
                continue;
            }
            into[at++] = (byte)'\\';
            into[at++] = (byte)'x';
            var value = letter > 0xFF ? '?' : letter;
            into[at++] = (byte)"0123456789abcdef"[value >> 4];
            into[at++] = (byte)"0123456789abcdef"[value & 0xF];
        }
        return at;
    }
}
