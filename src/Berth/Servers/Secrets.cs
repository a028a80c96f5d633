namespace Berth.Servers;

/// <summary>Reads the file of generated secrets that a server is started with.</summary>
public static class Secrets
{
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
