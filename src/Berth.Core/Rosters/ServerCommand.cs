namespace Berth.Rosters;

/// <summary>Reads <c>command:</c>, and checks the place-holders of commands and variables.</summary>
internal static class ServerCommand
{
    private static readonly string[] s_placeholders = ["port", "host", "home", "user"];

    public static IReadOnlyList<string> Read(Section keys)
    {
        if (keys.Words("command") is not { } words)
            return [];
        var place = keys.Value("command")!;
        if (words.Count == 0)
            keys.Report(
                place,
                $"{keys.Name}: command is empty",
                "write the program and its arguments, or take the key out"
            );
        else if (words[0].Length == 0)
            keys.Report(place, $"{keys.Name}: command starts with an empty word", "write the program first");
        foreach (var word in words)
        {
            if (word.Any(char.IsControl))
                keys.Report(
                    place,
                    $"{keys.Name}: command holds a control character in {Names.Shown(word)}",
                    "write one line"
                );
            CheckPlaceholders(keys, place, word);
        }
        return words;
    }

    /// <summary>Refuses a word in braces that is no place-holder; other braces, such as JSON's, are text.</summary>
    public static void CheckPlaceholders(Section keys, YamlNode place, string text)
    {
        for (var open = text.IndexOf('{', StringComparison.Ordinal); open >= 0; open = text.IndexOf('{', open + 1))
        {
            var close = text.IndexOf('}', open);
            if (close < 0)
                return;
            var inner = text[(open + 1)..close];
            if (
                inner.Length > 0
                && inner.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ' ')
                && !s_placeholders.Contains(inner, StringComparer.Ordinal)
            )
                keys.Report(
                    place,
                    $"{keys.Name}: there is no place-holder {{{inner}}}",
                    Nearest.To(inner, s_placeholders) is { } near
                        ? $"did you mean '{{{near}}}'?"
                        : $"known: {string.Join(", ", s_placeholders.Select(name => $"{{{name}}}"))}"
                );
        }
    }
}
