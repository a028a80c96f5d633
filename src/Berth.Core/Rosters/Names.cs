using System.Collections.Frozen;
using System.Text;

namespace Berth.Rosters;

/// <summary>What may be the name of a user, a group or a server.</summary>
public static class Names
{
    /// <summary>Longest account name that useradd(8) takes.</summary>
    public const int MaxLength = 32;

    /// <summary>Accounts of Debian's base-passwd and of common daemons: nobody's to give away.</summary>
    private static readonly FrozenSet<string> s_system = new[]
    {
        "root",
        "daemon",
        "bin",
        "sys",
        "sync",
        "games",
        "man",
        "lp",
        "mail",
        "news",
        "uucp",
        "proxy",
        "www-data",
        "backup",
        "list",
        "irc",
        "gnats",
        "nobody",
        "_apt",
        "sshd",
        "messagebus",
        "polkitd",
        "tss",
        "uuidd",
        "avahi",
        "rtkit",
        "colord",
        "dnsmasq",
        "ntp",
        "postfix",
        "postgres",
        "mysql",
        "redis",
        "vault",
        "docker",
        "sudo",
        "admin",
        "adm",
        "wheel",
        "users",
        "staff",
        "shadow",
        "tty",
        "disk",
        "kmem",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <returns>Null when the name is good; else what is wrong with it, and what to do.</returns>
    public static (string Message, string Hint)? WrongUser(string name)
    {
        var shown = Shown(name);
        if (name.Length == 0)
            return ("a user needs a name", "write one before the colon");
        if (name.Length > MaxLength)
            return ($"user name {shown} has {name.Length} characters", $"useradd takes at most {MaxLength}");
        foreach (var rune in name.EnumerateRunes())
        {
            if (
                rune.IsAscii
                && (
                    char.IsAsciiLetterLower((char)rune.Value)
                    || char.IsAsciiDigit((char)rune.Value)
                    || rune.Value is '_' or '-'
                )
            )
                continue;
            var suggestion = name.ToLowerInvariant();
            var hint = BadShape(suggestion)
                ? "use lower-case letters, digits, _ and - only"
                : $"did you mean '{suggestion}'?";
            return ($"user name {shown} holds {Shown(rune.ToString())}", hint);
        }
        if (!char.IsAsciiLetterLower(name[0]) && name[0] != '_')
            return ($"user name {shown} starts with '{name[0]}'", "start with a lower-case letter or _");
        if (
            s_system.Contains(name)
            || name.StartsWith("systemd-", StringComparison.Ordinal)
            || name.StartsWith("berth-", StringComparison.Ordinal)
            || name is "berth"
        )
            return ($"user name {shown} is a name of the system", "name a person");
        return null;
    }

    /// <summary>Group names follow the rules of user names, without the reserved list.</summary>
    public static bool IsGroup(string name) => name.Length > 0 && !BadShape(name);

    /// <summary>Server names become unit names, folders below /etc and keys of the manifest.</summary>
    public static bool IsServer(string name) =>
        name.Length is > 0 and <= 31
        && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');

    /// <summary>A name in quotes, with everything that a terminal could act on made visible.</summary>
    public static string Shown(string name)
    {
        var text = new StringBuilder("'");
        foreach (var rune in name.EnumerateRunes().Take(40))
        {
            if (
                Rune.IsControl(rune)
                || rune.Value is 0x2028 or 0x2029 or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E)
            )
                text.Append($"\\u{rune.Value:x4}");
            else
                text.Append(rune.ToString());
        }
        return text.Append(name.Length > 40 ? "…'" : "'").ToString();
    }

    private static bool BadShape(string name) =>
        name.Length > MaxLength
        || !(char.IsAsciiLetterLower(name[0]) || name[0] is '_')
        || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');
}
