using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Berth.Rosters;

/// <summary>A YAML text as a tree that knows the place of every key and value, so that all problems of a file can be
/// told at once, each with its line and column.</summary>
public abstract record YamlNode(int Line, int Column);

/// <param name="Value">The text.</param>
/// <param name="Plain">Written without quotes: <c>null</c>, <c>true</c> and numbers are read as such only then.</param>
public sealed record YamlText(string Value, bool Plain, int Line, int Column) : YamlNode(Line, Column)
{
    public bool IsNull => Plain && Value is "" or "~" or "null";
}

public sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, int Line, int Column) : YamlNode(Line, Column);

public sealed record YamlList(IReadOnlyList<YamlNode> Items, int Line, int Column) : YamlNode(Line, Column);

public sealed record YamlEntry(YamlText Key, YamlNode Value);

/// <summary>Reads a YAML text into a tree. One document; no anchors, no tags: a roster says each thing once, in
/// <c>defaults:</c>.</summary>
public static class YamlTree
{
    private const int MaxDepth = 16;

    /// <returns>The tree; null for an empty text or when <paramref name="problems"/> got an entry.</returns>
    public static YamlNode? Read(RosterText text, List<Problem> problems)
    {
        var parser = new Parser(new StringReader(text.Text));
        void Report(Mark place, string reason) =>
            problems.Add(new Problem(text.File, (int)place.Line, (int)place.Column, Readable(reason), ""));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return null;
            parser.Consume<DocumentStart>();
            var root = Node(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
                throw Refused(second, "a second document starts here; a roster is one document");
            return root;
        }
        catch (YamlException wrong)
        {
            Report(wrong.Start, wrong.InnerException?.Message ?? wrong.Message);
            return null;
        }
        catch (InvalidOperationException)
        {
            // The library's scanner trips over some broken texts (a stray # inside of a block key) in this way.
            Report(parser.Current?.End ?? new Mark(0, 1, 1), "something behind this place is no YAML");
            return null;
        }
    }

    private static YamlNode Node(Parser parser, int depth)
    {
        var (line, column) = ((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column);
        if (depth > MaxDepth)
            throw Refused(parser.Current, $"more than {MaxDepth} levels deep");
        if (parser.Accept<AnchorAlias>(out var alias))
            throw Refused(alias, "aliases (*name) are not supported; put what is common below 'defaults:'");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false } anchored)
            throw Refused(anchored, "anchors (&name) are not supported; put what is common below 'defaults:'");
        if (parser.Current is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false } tagged)
            throw Refused(tagged, "tags (!name) are not supported; write the plain value");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlText(scalar.Value, scalar.Style is ScalarStyle.Plain, line, column);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, depth + 1));
            return new YamlList(items, line, column);
        }
        parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var place = parser.Current!;
            var key = Node(parser, depth + 1) as YamlText ?? throw Refused(place, "a key must be a plain word");
            entries.Add(new YamlEntry(key, Node(parser, depth + 1)));
        }
        return new YamlMap(entries, line, column);
    }

    private static YamlException Refused(ParsingEvent place, string why) => new(place.Start, place.End, why);

    /// <summary>The library puts the place in front of its sentence, which the problem already carries.</summary>
    private static string Readable(string message)
    {
        var end = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        var reason = end > 0 ? message[(end + 3)..] : message;
        return "not readable as YAML: " + reason.TrimEnd('.').Replace("\n", " ", StringComparison.Ordinal);
    }
}
