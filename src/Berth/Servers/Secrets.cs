using System.Text;
using Berth.Units;

namespace Berth.Servers;

/// <summary>Secrets that Berth generates, one line for each variable: a server's own password, a signing key.</summary>
public static class Secrets
{
    /// <summary>192 random bits for each variable, in letters, digits, - and _, which no reader of the file takes for
    /// syntax.</summary>
    public static string Generate(IEnumerable<string> variables)
    {
        var text = new StringBuilder(UnitText.Header);
        Span<byte> random = stackalloc byte[24];
        // The kernel's own source: the cryptography of .NET would load OpenSSL for it.
        using var source = File.OpenRead("/dev/urandom");
        foreach (var variable in variables)
        {
            source.ReadExactly(random);
            var value = Convert.ToBase64String(random).Replace('+', '-').Replace('/', '_');
            text.Append(variable).Append('=').Append(value).Append('\n');
        }
        return text.ToString();
    }

    /// <returns>The value of one variable; null when the file or the variable is not there or may not be read.</returns>
    public static string? Value(string file, string variable)
    {
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.StartsWith(variable + "=", StringComparison.Ordinal))
                    return line[(variable.Length + 1)..];
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return null;
    }
}
