using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Berth.Rosters;

/// <summary>A YAML text as a tree that knows the place of every key and value, so that all problems of a file can be
/// told at once, each with its line and column (both from 1).</summary>
public abstract record YamlNode(int Line, int Column);

/// <param name="Value">The text.</param>
/// <param name="Plain">Written without quotes: <c>null</c> and <c>~</c> are read as nothing only then.</param>
public sealed record YamlText(string Value, bool Plain, int Line, int Column) : YamlNode(Line, Column)
{
    public bool IsNull => Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

public sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, int Line, int Column) : YamlNode(Line, Column);

public sealed record YamlList(IReadOnlyList<YamlNode> Items, int Line, int Column) : YamlNode(Line, Column);

public sealed record YamlEntry(YamlText Key, YamlNode Value);

/// <summary>Reads a YAML text into a tree. One document; no anchors, no tags: a roster says each thing once, in
/// <c>defaults:</c>.</summary>
public sealed class YamlTree
{
    /// <summary>Levels of nesting; a roster has five.</summary>
    private const int MaxDepth = 16;

    /// <summary>Characters of one text; 10,000 users take about one million.</summary>
    private const int MaxLength = 8 << 20;

    private readonly Parser _parser;

    /// <summary>The brackets that are open where the parser stands: an unclosed one is the usual cause of a syntax
    /// error, and the library tells of the place where it gave up, which may be far below.</summary>
    private readonly Stack<(char Bracket, int Line, int Column)> _open = new();
    private (int Line, int Column) _last = (1, 1);

    private YamlTree(string text) => _parser = new Parser(new StringReader(text));

    /// <returns>The tree; null for an empty text or when <paramref name="problems"/> got an entry.</returns>
    public static YamlNode? Read(RosterText text, List<Problem> problems)
    {
        if (text.Text.Length > MaxLength)
        {
            problems.Add(
                new Problem(text.File, 0, 0, $"longer than {MaxLength >> 20} Mi characters", "is this the right file?")
            );
            return null;
        }
        // An editor's byte order mark is no part of the first key.
        var content = text.Text.StartsWith('\uFEFF') ? text.Text[1..] : text.Text;
        if (YamlFaults.Unprintable(content) is { } unprintable)
        {
            problems.Add(unprintable with { File = text.File });
            return null;
        }
        var tree = new YamlTree(content);
        try
        {
            return tree.Document();
        }
        catch (RefusedException refused)
        {
            problems.Add(new Problem(text.File, refused.Line, refused.Column, refused.Message, refused.Hint));
        }
        catch (YamlException wrong)
        {
            var place = ((int)wrong.Start.Line, (int)wrong.Start.Column);
            var problem = YamlFaults.Explain(content, wrong.Message, place, tree.Unclosed);
            problems.Add(problem with { File = text.File });
        }
        // The scanner of YamlDotNet 18 throws these for some unclosed brackets, without a place.
        catch (Exception wrong)
            when (wrong is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            var problem = YamlFaults.Explain(content, "", tree._last, tree.Unclosed);
            problems.Add(problem with { File = text.File });
        }
        return null;
    }

    private (char Bracket, int Line, int Column)? Unclosed => _open.TryPeek(out var open) ? open : null;

    private YamlNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
            return null;
        _parser.Consume<DocumentStart>();
        var root = Node(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
            throw new RefusedException(second.Start, "a second document starts here", "a roster is one document");
        return root;
    }

    private YamlNode Node(int depth)
    {
        var start = _parser.Current!.Start;
        var (line, column) = _last = ((int)start.Line, (int)start.Column);
        if (depth > MaxDepth)
            throw new RefusedException(start, $"more than {MaxDepth} levels deep", "a roster has five");
        if (_parser.Accept<AnchorAlias>(out _))
            throw new RefusedException(start, "aliases (*name) are not supported", "use 'defaults:' instead");
        if (_parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw new RefusedException(start, "anchors (&name) are not supported", "use 'defaults:' instead");
        if (_parser.Current is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false })
            throw new RefusedException(start, "tags (!name) are not supported", "write the plain value");
        if (_parser.TryConsume<Scalar>(out var scalar))
            return new YamlText(scalar.Value, scalar.Style is ScalarStyle.Plain, line, column);
        // To consume an event is to look at the next one, which may be where the parser gives up: the brackets are
        // counted before.
        if (_parser.Accept<SequenceStart>(out var list))
        {
            Open(list.Style is SequenceStyle.Flow, '[', line, column);
            _parser.Consume<SequenceStart>();
            var items = new List<YamlNode>();
            while (!_parser.Accept<SequenceEnd>(out _))
                items.Add(Node(depth + 1));
            Close(list.Style is SequenceStyle.Flow);
            _parser.Consume<SequenceEnd>();
            return new YamlList(items, line, column);
        }
        _parser.Require<MappingStart>();
        var map = (MappingStart)_parser.Current;
        Open(map.Style is MappingStyle.Flow, '{', line, column);
        _parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        while (!_parser.Accept<MappingEnd>(out _))
        {
            var place = _parser.Current!.Start;
            var key =
                Node(depth + 1) as YamlText
                ?? throw new RefusedException(place, "a key must be one word", "write KEY: VALUE");
            entries.Add(new YamlEntry(key, Node(depth + 1)));
        }
        Close(map.Style is MappingStyle.Flow);
        _parser.Consume<MappingEnd>();
        return new YamlMap(entries, line, column);
    }

    private void Open(bool flow, char bracket, int line, int column)
    {
        if (flow)
            _open.Push((bracket, line, column));
    }

    private void Close(bool flow)
    {
        if (flow)
            _open.Pop();
    }

    /// <summary>YAML that a roster does not take; never leaves this class.</summary>
    private sealed class RefusedException(Mark place, string message, string hint) : Exception(message)
    {
        public int Line { get; } = (int)place.Line;
        public int Column { get; } = (int)place.Column;
        public string Hint { get; } = hint;
    }
}
