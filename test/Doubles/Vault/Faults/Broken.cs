using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Berth.Doubles.Vault;

/// <summary>The answers that are given in place of the true one.</summary>
internal static class Broken
{
    public const string SignIn = "<!DOCTYPE html><html><body>Sign in to the network</body></html>";
    private const string Gateway =
        "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";

    /// <summary>Larger than anybody's idea of an entry.</summary>
    private const int Large = 4 << 20;

    /// <returns>Null where the true answer is needed, too.</returns>
    public static Answer? Instead(Fault fault, string path) =>
        fault.Kind switch
        {
            FaultKind.Sealed when path is not ("sys/health" or "sys/seal-status") => Answer.Errors(
                503,
                "Vault is sealed"
            ),
            FaultKind.ServerError => Answer.Errors(500, "1 error occurred:\n\t* internal error\n\n"),
            FaultKind.BadGateway => new Answer(502, null) { Text = Gateway },
            FaultKind.Html => new Answer(200, null) { Text = SignIn },
            FaultKind.RateLimited => Answer.Errors(429, "request path \"" + path + "\": rate limit quota exceeded") with
            {
                Headers = [("Retry-After", fault.RetryAfter.ToString(CultureInfo.InvariantCulture))],
            },
            FaultKind.Behind => Answer.Errors(412, "required index state not present"),
            FaultKind.Denied => Answer.Denied,
            FaultKind.Redirect => new Answer(307, null) { Headers = [("Location", fault.Location + path)] },
            FaultKind.Oversized => Answer.Data(new JsonObject { ["padding"] = new string('x', Large) }),
            _ => null,
        };

    public static byte[] Half(byte[] body) => body[..(body.Length / 2)];

    public static byte[] Bytes(Answer answer) =>
        answer.Text is { } text ? Encoding.UTF8.GetBytes(text)
        : answer.Body is { } body ? Encoding.UTF8.GetBytes(body.ToJsonString() + "\n")
        : [];
}
