namespace Berth.Doubles.T3;

/// <summary>What can be wrong with a server. In the control file and the environment variable they are written in
/// lower case with dashes, such as <c>no-cookie</c>.</summary>
public enum T3Fault
{
    /// <summary>The exchange answers 200, takes the credential, and sets no cookie.</summary>
    NoCookie,

    /// <summary><c>/api/auth/browser-session</c> is a 404.</summary>
    NoExchange,

    /// <summary><c>/api/auth/pairing-token</c> is a 404.</summary>
    NoPairingToken,

    /// <summary>Every request is taken and none is answered.</summary>
    NeverAnswers,

    /// <summary>The exchange sets a cookie that was never a session.</summary>
    Stillborn,

    /// <summary>The exchange sets its cookie under another name than the one that it told.</summary>
    OtherCookie,

    /// <summary>Unknown paths answer the page, and <c>/api/auth/session</c> is one of them.</summary>
    SessionIsPage,

    /// <summary>Everything below <c>/api/auth/</c> is a 500.</summary>
    AuthBroken,
}

/// <summary>The faults that hold now: told in this process, by the variable <c>T3_DOUBLE_FAULTS</c> (with commas), or by
/// the file <c>faults</c> in the base folder, one a line, which is read anew for each request.</summary>
internal sealed class Faults(string file)
{
    private readonly HashSet<T3Fault> _told = [.. Parse(Environment.GetEnvironmentVariable("T3_DOUBLE_FAULTS") ?? "")];

    public bool Holds(T3Fault fault)
    {
        lock (_told)
        {
            if (_told.Contains(fault))
                return true;
        }
        return File.Exists(file) && Parse(File.ReadAllText(file)).Contains(fault);
    }

    public void Set(T3Fault fault, bool holds)
    {
        lock (_told)
            _ = holds ? _told.Add(fault) : _told.Remove(fault);
    }

    private static IEnumerable<T3Fault> Parse(string text) =>
        text.Split([',', '\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(word =>
                Enum.TryParse<T3Fault>(word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var fault)
                    ? fault
                    : throw new InvalidDataException($"t3 double: there is no fault '{word}'")
            );
}
