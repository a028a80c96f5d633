namespace Berth.Doubles.Vault;

/// <summary>What a token's policies allow together. As in Vault, one path's rules from several policies add up and a
/// denial among them wins; of several paths that match, only the most specific one counts.</summary>
internal sealed class Acl
{
    private readonly Dictionary<string, Capabilities> _rules = new(StringComparer.Ordinal);
    private readonly bool _root;

    public static Acl Root { get; } = new(root: true);

    private Acl(bool root) => _root = root;

    public Acl(IEnumerable<Policy> policies)
    {
        foreach (var (path, allowed) in policies.SelectMany(policy => policy.Rules))
            _rules[path] = _rules.GetValueOrDefault(path) | allowed;
    }

    public bool Allows(string path, Capabilities wanted)
    {
        if (_root)
            return true;
        var given = Given(path);
        // A folder is listed with and without its slash.
        if (given is null && wanted == Capabilities.List)
            given = Given(path.TrimEnd('/'));
        return given is { } allowed && !allowed.HasFlag(Capabilities.Deny) && allowed.HasFlag(wanted);
    }

    /// <summary>Something at or below the path may be done.</summary>
    public bool AllowsBelow(string path) =>
        _root
        || _rules.Any(rule =>
            rule.Key.StartsWith(path, StringComparison.Ordinal)
            && !rule.Value.HasFlag(Capabilities.Deny)
            && rule.Value != Capabilities.None
        );

    private Capabilities? Given(string path)
    {
        if (_rules.TryGetValue(path, out var exact) && !Wild(path))
            return exact;
        var best = _rules
            .Keys.Where(pattern => Wild(pattern) && Matches(pattern, path))
            .OrderByDescending(FirstWildcard)
            .ThenBy(pattern => pattern.EndsWith('*'))
            .ThenBy(Plusses)
            .ThenByDescending(pattern => pattern.Length)
            .ThenByDescending(pattern => pattern, StringComparer.Ordinal)
            .FirstOrDefault();
        return best is null ? null : _rules[best];
    }

    private static bool Wild(string pattern) => pattern.EndsWith('*') || Plusses(pattern) > 0;

    private static int Plusses(string pattern) => pattern.Split('/').Count(segment => segment == "+");

    private static int FirstWildcard(string pattern)
    {
        var at = 0;
        foreach (var segment in pattern.Split('/'))
        {
            if (segment == "+")
                return at;
            at += segment.Length + 1;
        }
        return pattern.EndsWith('*') ? pattern.Length - 1 : pattern.Length;
    }

    private static bool Matches(string pattern, string path)
    {
        var open = pattern.EndsWith('*');
        var wanted = (open ? pattern[..^1] : pattern).Split('/');
        var given = path.Split('/');
        if (open ? given.Length < wanted.Length : given.Length != wanted.Length)
            return false;
        for (var i = 0; i < wanted.Length; i++)
        {
            var last = open && i == wanted.Length - 1;
            if (wanted[i] == "+" && !last)
                continue;
            if (last ? !given[i].StartsWith(wanted[i], StringComparison.Ordinal) : given[i] != wanted[i])
                return false;
        }
        return true;
    }
}
