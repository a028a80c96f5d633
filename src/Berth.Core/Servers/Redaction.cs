namespace Berth.Servers;

/// <summary>Takes secrets out of lines that servers print. T3 Code prints an admin token, a pairing URL and its QR code
/// at every start (facts: agent servers).</summary>
public static class Redaction
{
    private static readonly string[] s_labels = ["token:", "pairing url:", "password:", "secret:"];

    /// <summary>The line, with what follows a telling label replaced; lines of a QR code are left out whole.</summary>
    public static string Line(string line)
    {
        if (line.AsSpan().IndexOfAny("█▀▄") >= 0)
            return "[redacted QR code]";
        foreach (var label in s_labels)
        {
            var at = line.IndexOf(label, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && line.AsSpan(at + label.Length).Trim().Length > 0)
                return line[..(at + label.Length)] + " [redacted]";
        }
        return line;
    }
}
