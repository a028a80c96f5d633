namespace Berth.Rosters;

/// <summary>One thing wrong with what a person wrote, in the form every verb prints:
/// <c>file:line:column: message; hint</c>.</summary>
/// <param name="File">The file as the person named it.</param>
/// <param name="Line">1-based line; 0 when the problem has no place in a file.</param>
/// <param name="Column">1-based column; 0 when the problem has no place in a file.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do: the nearest valid key or value, or the next step. May be empty.</param>
public sealed record Problem(string File, int Line, int Column, string Message, string Hint)
{
    public override string ToString()
    {
        var place =
            Line > 0 ? $"{File}:{Line}:{Column}: "
            : File.Length > 0 ? $"{File}: "
            : "";
        return Hint.Length > 0 ? $"{place}{Message}; {Hint}" : $"{place}{Message}";
    }
}
