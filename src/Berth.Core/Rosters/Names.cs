using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Berth.Rosters;

/// <summary>What may be the name of a user, a group or a server.</summary>
public static class Names
{
    /// <summary>Longest account name that useradd(8) takes.</summary>
    public const int MaxLength = 32;

    /// <summary>Accounts and groups of Debian's base-passwd, and of common daemons: nobody's to give away. Groups are
    /// among them because useradd(8) gives each account a group of its own name.</summary>
    private static readonly FrozenSet<string> s_system = (
        "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt "
        + "adm tty disk dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl "
        + "plugdev staff users nogroup kmem input sgx kvm render crontab wheel admin netdev ssl-cert docker lxd "
        + "sshd messagebus polkitd tss uuidd avahi rtkit colord dnsmasq ntp ntpsec chrony dhcpcd statd _rpc _chrony "
        + "_ssh geoclue pulse saned usbmux tcpdump lightdm sddm gdm postfix postgres mysql redis mongodb vault openbao "
        + "nginx caddy haproxy prometheus grafana earlyoom units"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    /// <returns>Null when the name is good; else what is wrong with it, and what to do.</returns>
    public static (string Message, string Hint)? WrongUser(string name)
    {
        var shown = Shown(name);
        if (name.Length == 0)
            return ("a user needs a name", "write one before the colon");
        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsNameRune(rune))
                return (
                    $"user name {shown} holds {Described(rune)}",
                    Tidied(name) is { } tidied
                        ? $"did you mean '{tidied}'?"
                        : "use lower-case letters a to z, digits, _ and - only"
                );
        }
        if (name.Length > MaxLength)
            return ($"user name {shown} has {name.Length} characters", $"useradd takes at most {MaxLength}");
        if (!char.IsAsciiLetterLower(name[0]) && name[0] != '_')
            return ($"user name {shown} starts with '{name[0]}'", "start with a lower-case letter or _");
        if (IsSystem(name))
            return ($"user name {shown} belongs to the system", "people get names of their own");
        return null;
    }

    /// <summary>Group names follow the rules of user names, without the reserved list.</summary>
    public static bool IsGroup(string name) => IsAccount(name);

    /// <summary>Server names become unit names, folders below /etc and keys of the manifest.</summary>
    public static bool IsServer(string name) =>
        name.Length is > 0 and <= 31
        && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');

    /// <summary>A person's text in quotes, at most 40 characters of it, with everything made visible that a terminal
    /// could act on or that looks like something else.</summary>
    public static string Shown(string name)
    {
        var runes = name.EnumerateRunes().Take(41).ToList();
        return runes.Count > 40 ? $"'{Escaped(string.Concat(runes.Take(40)))}…'" : $"'{Escaped(name)}'";
    }

    /// <summary>The text with control, formatting and unassigned characters written as \u0000.</summary>
    public static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var hidden =
                Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.PrivateUse
                    or UnicodeCategory.OtherNotAssigned;
            if (hidden)
                escaped.Append(rune.Value > 0xFFFF ? $"\\U{rune.Value:x8}" : $"\\u{rune.Value:x4}");
            else
                escaped.Append(rune.ToString());
        }
        return escaped.ToString();
    }

    private static bool IsSystem(string name) =>
        s_system.Contains(name)
        || name is "berth"
        || name.StartsWith("berth-", StringComparison.Ordinal)
        || name.StartsWith("systemd-", StringComparison.Ordinal);

    private static bool IsAccount(string name) =>
        name.Length is > 0 and <= MaxLength
        && (char.IsAsciiLetterLower(name[0]) || name[0] is '_')
        && name.EnumerateRunes().All(IsNameRune);

    private static bool IsNameRune(Rune rune) =>
        rune.IsAscii
        && (
            char.IsAsciiLetterLower((char)rune.Value) || char.IsAsciiDigit((char)rune.Value) || rune.Value is '_' or '-'
        );

    private static string Described(Rune rune) =>
        rune.Value switch
        {
            ' ' => "a space",
            '\n' or '\r' => "a line break",
            '\t' => "a tab",
            '"' or '\'' => "a quote",
            <= 0x7F => Shown(rune.ToString()),
            // Told by its number too: some letters of other alphabets look just like Latin ones.
            _ => $"{Shown(rune.ToString())} (U+{rune.Value:X4})",
        };

    /// <summary>The name a person probably meant: in lower case, with - for spaces and dots; null when more is wrong.</summary>
    private static string? Tidied(string name)
    {
        var tidied = name.Trim().ToLowerInvariant().Replace(' ', '-').Replace('.', '-');
        return
            IsAccount(tidied)
            && !IsSystem(tidied)
            && tidied.Any(char.IsAsciiLetterLower)
            && !name.Contains("..", StringComparison.Ordinal)
            ? tidied
            : null;
    }
}
