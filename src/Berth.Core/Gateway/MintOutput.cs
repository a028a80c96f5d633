namespace Berth.Gateway;

/// <summary>What a server's own command issued.</summary>
/// <param name="Bearer">A session that may issue credentials (<c>t3 auth session issue</c>); a secret.</param>
/// <param name="Credential">A credential for one browser (<c>t3 auth pairing create</c>); a secret.</param>
public sealed record MintOutput(string? Bearer, string? Credential)
{
    /// <summary>What a command may print before it is cut off, in bytes.</summary>
    public const int Largest = AnswerText.Largest;

    private const int LongestBearer = 8192;
    private const int LongestCredential = 256;

    /// <summary>Finds the JSON in what the command printed; warnings around it are passed over.</summary>
    /// <returns>Null when nothing was issued.</returns>
    public static MintOutput? Parse(string output)
    {
        var (from, to) = (output.IndexOf('{', StringComparison.Ordinal), output.LastIndexOf('}'));
        if (from < 0 || to < from || output.Length > Largest)
            return null;
        var json = AnswerText.Object(System.Text.Encoding.UTF8.GetBytes(output[from..(to + 1)]));
        var issued = new MintOutput(
            AnswerText.Secret(json, "token", LongestBearer),
            AnswerText.Secret(json, "credential", LongestCredential)
        );
        return issued is (null, null) ? null : issued;
    }

    /// <summary>Never the secrets: this is what a log would get.</summary>
    public override string ToString() => Bearer is null ? "credential [redacted]" : "bearer [redacted]";
}
