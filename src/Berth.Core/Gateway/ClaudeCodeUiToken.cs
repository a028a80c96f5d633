using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Berth.Gateway;

/// <summary>What Claude Code UI gives whoever signs in, and its page keeps in the browser's storage.</summary>
/// <param name="Value">A secret of this person's.</param>
public sealed record ClaudeCodeUiToken(string Value)
{
    private const int Longest = 4096;

    /// <summary>Tells two tokens apart and says nothing of either.</summary>
    public string Mark { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Value)));

    /// <returns>Null when nothing was given.</returns>
    public static ClaudeCodeUiToken? Read(int status, ReadOnlyMemory<byte> body) =>
        status is 200 or 201 && AnswerText.Secret(AnswerText.Object(body), "token", Longest) is { } token
            ? new ClaudeCodeUiToken(token)
            : null;

    /// <summary>Puts the token where the page looks for it, and goes on to the page.</summary>
    /// <param name="here">Local path.</param>
    /// <param name="nonce">Of the content security policy.</param>
    public string Page(string here, string nonce) =>
        $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Signing in</title></head><body>
            <script nonce="{{nonce}}">
            localStorage.setItem("auth-token", "{{Text(Value)}}");
            location.replace("{{Text(here)}}");
            </script>
            <noscript>This server's page needs scripts.</noscript>
            </body></html>

            """;

    /// <summary>Never the token: this is what a log would get.</summary>
    public override string ToString() => "[redacted]";

    /// <summary>Text inside of a script: what could end the script or the string is escaped.</summary>
    private static string Text(string text) => JsonEncodedText.Encode(text).Value;
}
