using System.Text;

namespace Berth.Gateway;

/// <summary>Takes out of a request's target what lets its reader in: the values of query parameters that carry tokens,
/// codes and passwords.</summary>
public static class QuerySecrets
{
    /// <summary>What stands in place of a value.</summary>
    public const string Mark = "***";

    /// <summary>Parts of names that give a secret away; compared without case.</summary>
    private static readonly string[] s_words =
    [
        "token",
        "code",
        "credential",
        "ticket",
        "key",
        "secret",
        "pass",
        "pwd",
        "auth",
        "sig",
        "session",
        "jwt",
        "assertion",
        "otp",
        "state",
        "tkn",
        "link",
    ];

    /// <summary>The target, or an address with a query, with its secrets marked. The same string when there are
    /// none.</summary>
    public static string Redact(string target)
    {
        var query = target.IndexOf('?');
        if (query < 0)
            return target;
        StringBuilder? text = null;
        var copied = 0;
        var at = query + 1;
        while (at < target.Length)
        {
            var end = target.AsSpan(at).IndexOfAny('&', ';', '#');
            end = end < 0 ? target.Length : at + end;
            var equals = target.AsSpan(at, end - at).IndexOf('=');
            if (equals >= 0 && equals + 1 < end - at && IsSecret(target.AsSpan(at, equals)))
            {
                text ??= new StringBuilder(target.Length);
                text.Append(target, copied, at + equals + 1 - copied).Append(Mark);
                copied = end;
            }
            at = end + 1;
        }
        return text is null ? target : text.Append(target, copied, target.Length - copied).ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> name)
    {
        // An encoded letter would hide the name from this list, not from its server.
        if (name.Contains('%'))
            return true;
        foreach (var word in s_words)
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
