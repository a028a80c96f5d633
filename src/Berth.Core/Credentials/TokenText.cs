using System.IO.Hashing;
using System.Text;

namespace Berth.Credentials;

/// <summary>A long-lived token as <c>claude setup-token</c> prints it: <c>sk-ant-oat01-</c> and letters, digits,
/// <c>-</c> and <c>_</c>, about 108 characters in all. Nothing else is ever delivered: the text goes into files that
/// systemd and shells read, so no character in it may mean anything to them.</summary>
public static class TokenText
{
    public const string Prefix = "sk-ant-oat01-";
    public const int MinLength = 60;
    public const int MaxLength = 512;

    /// <summary>The variable by which agents take it.</summary>
    public const string Variable = "CLAUDE_CODE_OAUTH_TOKEN";

    /// <summary>Tells a process's token generation without telling the token.</summary>
    public const string GenerationVariable = "BERTH_TOKEN_GENERATION";

    /// <returns>Null when the text is a token, else what is wrong with it; the text itself is never repeated.</returns>
    public static string? Wrong(string text)
    {
        if (text.Length == 0)
            return "it is empty";
        if (text[0] == '\uFEFF')
            return "it starts with a byte order mark";
        if (text.AsSpan().IndexOfAny('\r', '\n') >= 0)
            return "it holds a line break";
        if (text.AsSpan().IndexOfAny('"', '\'') >= 0)
            return "it holds a quote";
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return $"it does not start with {Prefix}";
        if (text.Length is < MinLength or > MaxLength)
            return $"it has {text.Length} characters, not {MinLength} to {MaxLength}";
        foreach (var c in text)
        {
            if (!IsToken(c))
                return "it holds a character that is no letter, digit, - or _";
        }
        return null;
    }

    /// <summary>A token that a terminal has cut is shorter on its line than this.</summary>
    private const int Whole = 100;

    /// <summary>The one token in a text that may hold more, such as all that <c>claude setup-token</c> prints; a token
    /// that the terminal wrapped over several lines is put together again.</summary>
    /// <returns>Null when there is none, more than one, or when it cannot be told where it ends.</returns>
    public static string? Find(string text)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var lines = text.Split('\n').Select(line => line.Trim()).ToList();
        for (var i = 0; i < lines.Count; i++)
        {
            for (var at = 0; (at = lines[i].IndexOf(Prefix, at, StringComparison.Ordinal)) >= 0; at++)
                AddFrom(lines, i, at, found);
        }
        return found.Count == 1 ? found.First() : null;
    }

    private static void AddFrom(List<string> lines, int line, int at, HashSet<string> found)
    {
        var token = string.Concat(lines[line].Skip(at).TakeWhile(IsToken));
        // It ends its line, and the next one holds nothing else: wrapped, unless it was whole already.
        if (at + token.Length == lines[line].Length)
        {
            for (var next = line + 1; next < lines.Count && lines[next].Length > 0 && lines[next].All(IsToken); next++)
            {
                if (token.Length >= Whole)
                    found.Add(token);
                token += lines[next];
            }
        }
        if (Wrong(token) is null)
            found.Add(token);
    }

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    /// <summary>12 hex digits that tell two tokens apart. 48 bits of a value with several hundred: it gives nothing
    /// away.</summary>
    public static string Fingerprint(string token) =>
        Convert.ToHexStringLower(XxHash64.Hash(Encoding.UTF8.GetBytes(token)).AsSpan(0, 6));
}
