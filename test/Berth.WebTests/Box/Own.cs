using Xunit;

namespace Berth.WebTests.Box;

/// <summary>What every answer of Berth's own must carry, after OWASP's list of secure headers.</summary>
internal static class Own
{
    public static void IsSafe(HttpResponseMessage answer) => Assert.Empty(Lacks(answer));

    /// <summary>What is missing or too much, in words.</summary>
    public static IReadOnlyList<string> Lacks(HttpResponseMessage answer)
    {
        var policy = One(answer, "Content-Security-Policy")
            .Split(';', StringSplitOptions.TrimEntries)
            .Select(directive => directive.Split(' ', 2))
            .ToDictionary(words => words[0], words => words.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal);
        var type = answer.Content.Headers.ContentType;
        var lacks = new List<string>();
        Must("a policy that loads nothing", policy.GetValueOrDefault("default-src") == "'none'");
        Must("a policy against frames", policy.GetValueOrDefault("frame-ancestors") == "'none'");
        Must("a policy of forms", policy.GetValueOrDefault("form-action") is "'none'" or "'self'");
        Must("a policy of addresses", policy.GetValueOrDefault("base-uri") == "'none'");
        Must("no script at all", !policy.ContainsKey("script-src"));
        Must(
            "no style but its own",
            !policy.GetValueOrDefault("style-src", "").Contains("unsafe", StringComparison.Ordinal)
        );
        Must("no-store", One(answer, "Cache-Control") == "no-store");
        Must("nosniff", One(answer, "X-Content-Type-Options") == "nosniff");
        Must("no frames for old browsers", One(answer, "X-Frame-Options") == "DENY");
        Must("a referrer policy", One(answer, "Referrer-Policy") is "no-referrer" or "strict-origin");
        Must("a resource policy", One(answer, "Cross-Origin-Resource-Policy") == "same-origin");
        Must(
            "no word about the software",
            !answer.Headers.Contains("Server") && !answer.Headers.Contains("X-Powered-By")
        );
        Must("no page of another origin let in", !answer.Headers.Contains("Access-Control-Allow-Origin"));
        Must("a type", answer.Content.Headers.ContentLength is 0 || type is { MediaType: "text/plain" or "text/html" });
        Must("a charset", type?.MediaType != "text/html" || type.CharSet == "utf-8");
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [])
        {
            var attributes = cookie.Split(';', StringSplitOptions.TrimEntries);
            Must("HttpOnly", attributes.Contains("HttpOnly", StringComparer.OrdinalIgnoreCase));
            Must(
                "SameSite",
                attributes.Any(one =>
                    one.StartsWith("SameSite=", StringComparison.OrdinalIgnoreCase)
                    && !one.EndsWith("None", StringComparison.OrdinalIgnoreCase)
                )
            );
            Must(
                "its own host alone",
                !attributes.Any(one => one.StartsWith("Domain", StringComparison.OrdinalIgnoreCase))
            );
        }
        return lacks;

        void Must(string what, bool holds)
        {
            if (!holds)
                lacks.Add(what);
        }
    }

    private static string One(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}
