namespace Berth.Doubles.Vault;

/// <summary>What a path's rule allows.</summary>
[Flags]
internal enum Capabilities
{
    None = 0,
    Create = 1,
    Read = 2,
    Update = 4,
    Patch = 8,
    Delete = 16,
    List = 32,
    Sudo = 64,
    Deny = 128,
}

/// <summary>A policy's text cannot be read.</summary>
public sealed class PolicyException(string message) : FormatException(message);

/// <summary>A policy: the part of Vault's language that consists of paths and their capabilities. Anything else is
/// refused: a rule that the double ignored would allow more here than there.</summary>
internal sealed record Policy(string Text, IReadOnlyList<(string Path, Capabilities Allowed)> Rules)
{
    public static Policy Parse(string text)
    {
        var rules = new List<(string, Capabilities)>();
        var words = new Words(text);
        while (!words.Done)
        {
            words.Take("path");
            var path = words.Quoted();
            if (path.Contains("+*", StringComparison.Ordinal))
                throw new PolicyException($"path \"{path}\": invalid use of wildcards ('+*' is forbidden)");
            words.Take("{");
            var allowed = Capabilities.None;
            while (!words.TryTake("}"))
            {
                words.Take("capabilities");
                words.Take("=");
                words.Take("[");
                while (!words.TryTake("]"))
                {
                    allowed |= One(path, words.Quoted());
                    if (!words.TryTake(","))
                    {
                        words.Take("]");
                        break;
                    }
                }
            }
            rules.Add((path.TrimStart('/'), allowed));
        }
        return new Policy(text, rules);
    }

    private static Capabilities One(string path, string name) =>
        name switch
        {
            "create" => Capabilities.Create,
            "read" => Capabilities.Read,
            "update" => Capabilities.Update,
            "patch" => Capabilities.Patch,
            "delete" => Capabilities.Delete,
            "list" => Capabilities.List,
            "sudo" => Capabilities.Sudo,
            "deny" => Capabilities.Deny,
            _ => throw new PolicyException($"path \"{path}\": invalid capability \"{name}\""),
        };

    /// <summary>The words of a text: names, quoted strings and single signs, between blanks and comments.</summary>
    private sealed class Words(string text)
    {
        private int _at;

        public bool Done
        {
            get
            {
                Skip();
                return _at == text.Length;
            }
        }

        public bool TryTake(string word)
        {
            Skip();
            if (!text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
                return false;
            _at += word.Length;
            return true;
        }

        public void Take(string word)
        {
            if (!TryTake(word))
                throw new PolicyException($"failed to parse policy: expected {word} at {_at}");
        }

        public string Quoted()
        {
            Take("\"");
            var end = text.IndexOfAny(['"', '\n'], _at);
            if (end < 0 || text[end] != '"')
                throw new PolicyException($"failed to parse policy: no end of the string at {_at}");
            var word = text[_at..end];
            _at = end + 1;
            return word;
        }

        private void Skip()
        {
            while (_at < text.Length)
            {
                var rest = text.AsSpan(_at);
                if (char.IsWhiteSpace(rest[0]))
                    _at++;
                else if (rest[0] == '#' || rest.StartsWith("//", StringComparison.Ordinal))
                    _at = End("\n", _at);
                else if (rest.StartsWith("/*", StringComparison.Ordinal))
                    _at = End("*/", _at + 2);
                else
                    return;
            }
        }

        private int End(string mark, int from)
        {
            var end = text.IndexOf(mark, from, StringComparison.Ordinal);
            return end < 0 ? text.Length : end + mark.Length;
        }
    }
}
