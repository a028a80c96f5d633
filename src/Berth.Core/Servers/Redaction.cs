using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Berth.Servers;

/// <summary>Takes secrets out of what Berth shows or keeps: lines that servers print (T3 Code prints an admin token, a
/// pairing URL and its QR code at every start) and the words that processes are started with (T3 Code passes a bearer
/// to its agents there; facts: agent servers). It knows forms, not secrets: rather one word too many than one too few.</summary>
public static partial class Redaction
{
    public const string Mark = "[redacted]";

    private static readonly string[] s_labels = ["token:", "pairing url:", "password:", "secret:"];

    /// <summary>The line, with what follows a telling label replaced; lines of a QR code are left out whole.</summary>
    public static string Line(string line)
    {
        if (line.AsSpan().IndexOfAny("█▀▄") >= 0)
            return "[redacted QR code]";
        foreach (var label in s_labels)
        {
            var at = line.IndexOf(label, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && line.AsSpan(at + label.Length).Trim().Length > 0)
                return line[..(at + label.Length)] + " " + Mark;
        }
        return line;
    }

    /// <summary>The words of a command line without what looks like a secret.</summary>
    public static IReadOnlyList<string> Argv(IReadOnlyList<string> words)
    {
        var clean = new string[words.Count];
        for (var i = 0; i < words.Count; i++)
        {
            var before = i > 0 ? words[i - 1] : "";
            clean[i] =
                IsSecretOption(before) && !words[i].StartsWith("--", StringComparison.Ordinal) ? Mark
                : before is "-u" or "--user" && words[i].IndexOf(':') is var colon and > 0
                    ? words[i][..(colon + 1)] + Mark
                : Text(words[i]);
        }
        return clean;
    }

    /// <summary>An option whose value is the next word.</summary>
    private static bool IsSecretOption(string word) =>
        word.Length is > 2 and < LongestName
        && word[0] is '-'
        && word.All(IsName)
        && s_names.Any(name =>
            word.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            || (word.EndsWith('s') && word.AsSpan()[..^1].EndsWith(name, StringComparison.OrdinalIgnoreCase))
        );

    /// <summary>A text without what looks like a secret.</summary>
    public static string Text(string text)
    {
        if (text.Length < 6)
            return text;
        try
        {
            text = PrivateKey().Replace(text, Mark);
            text = UrlPassword().Replace(text, "${head}" + Mark + "@");
            text = PairingLink().Replace(text, "${head}" + Mark);
            text = Authorization().Replace(text, "${head}" + Mark);
            text = Scheme().Replace(text, "${head} " + Mark);
            text = Assignments(text);
            return Known().Replace(text, Mark);
        }
        catch (RegexMatchTimeoutException)
        {
            return Mark;
        }
    }

    /// <summary><c>name=value</c> and <c>"name": "value"</c>, where the name tells. Looked for from the sign outwards, so
    /// that it takes one walk through the text, whatever the text is.</summary>
    private static string Assignments(string text)
    {
        StringBuilder? clean = null;
        var copied = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] is not ('=' or ':'))
                continue;
            var end = at;
            while (end > copied && at - end < 12 && text[end - 1] is ' ' or '"' or '\'' or '\\')
                end--;
            var start = end;
            while (start > copied && end - start < LongestName && IsName(text[start - 1]))
                start--;
            if (!Tells(text.AsSpan(start, end - start)))
                continue;
            var from = at + 1;
            while (from < text.Length && from - at < 12 && text[from] is ' ' or '"' or '\'' or '\\')
                from++;
            var length = text.AsSpan(from).IndexOfAny(s_ends);
            var value = text.AsSpan(from, length < 0 ? text.Length - from : length);
            if (value.IsEmpty || Harmless(text.AsSpan(start, end - start), value))
                continue;
            clean ??= new StringBuilder(text.Length);
            clean.Append(text, copied, from - copied).Append(Mark);
            copied = from + value.Length;
            at = copied - 1;
        }
        return clean is null ? text : clean.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool IsName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';

    private static bool Tells(ReadOnlySpan<char> name)
    {
        if (name.Length < 3)
            return false;
        foreach (var telling in s_names)
        {
            if (name.Contains(telling, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>A count of tokens, or a file that holds a secret, is none.</summary>
    private static bool Harmless(ReadOnlySpan<char> name, ReadOnlySpan<char> value) =>
        value.StartsWith(Mark, StringComparison.Ordinal)
        || (
            name.EndsWith("tokens", StringComparison.OrdinalIgnoreCase)
            && value.Length < 9
            && value.IndexOfAnyExceptInRange('0', '9') < 0
        )
        || (
            value[0] is '/' or '~' or '.'
            && (
                name.EndsWith("file", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith("path", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith("dir", StringComparison.OrdinalIgnoreCase)
            )
        );

    private const int LongestName = 128;
    private static readonly SearchValues<char> s_ends = SearchValues.Create(" \t\r\n\"',;}&\\");

    private static readonly string[] s_names =
    [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "api-key",
        "api_key",
        "apikey",
        "access-key",
        "access_key",
        "accesskey",
        "private-key",
        "private_key",
        "privatekey",
        "signing-key",
        "signing_key",
        "credential",
        "pairing-code",
        "pairing_code",
        "cookie",
        "bearer",
        "jwt",
    ];

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    /// <summary>Whoever chose the text may have chosen one that takes long: it is then left out whole. Every repetition
    /// below is bounded, so that this is not expected to happen.</summary>
    private const int Patience = 200;

    [GeneratedRegex(
        "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        Patience
    )]
    private static partial Regex PrivateKey();

    /// <summary><c>https://user:password@host</c>.</summary>
    [GeneratedRegex(@"(?<head>://[^\s/:@""']{0,64}:)[^\s/@""']{1,256}@", Options, Patience)]
    private static partial Regex UrlPassword();

    /// <summary>A pairing or sign-in link carries its secret in the fragment or the query.</summary>
    [GeneratedRegex(
        @"(?<head>https?://[^\s""'#?]{0,256}[#?]((code|token|pair|credential|k|t)=)?)[^\s""'&]{6,}",
        Options,
        Patience
    )]
    private static partial Regex PairingLink();

    [GeneratedRegex(
        @"(?<head>authorization\\?[""']?\s{0,8}[:=]\s{0,8}\\?[""']?)((bearer|basic|token|digest|negotiate)\s{1,8})?[^\s""',;}\\]+",
        Options,
        Patience
    )]
    private static partial Regex Authorization();

    [GeneratedRegex(@"\b(?<head>bearer|basic)\s{1,8}[^\s""',;}\\]{4,}", Options, Patience)]
    private static partial Regex Scheme();

    /// <summary>Secrets that say of themselves what they are: Anthropic, OpenAI, GitHub, GitLab, Slack, AWS, Google,
    /// npm, Vault, JSON web tokens.</summary>
    [GeneratedRegex(
        @"\b(sk-[A-Za-z0-9_-]{8,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{12,}|xox[a-z]-[A-Za-z0-9-]{8,}|A(KIA|SIA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{20,}|hv[sbr]\.[A-Za-z0-9_-]{8,}|eyJ[A-Za-z0-9_.-]{8,})",
        RegexOptions.ExplicitCapture,
        Patience
    )]
    private static partial Regex Known();
}
