namespace Berth.Gateway;

/// <summary>Takes what proves who somebody is out of a request that goes on to a server.</summary>
internal static class Evidence
{
    public static void RemoveHeader(HttpRequestMessage request, string name)
    {
        request.Headers.Remove(name);
        request.Content?.Headers.Remove(name);
    }

    /// <param name="request">What is sent on.</param>
    /// <param name="evidence">Text that was the proof; a cookie that repeats it goes too.</param>
    public static void RemoveCookies(HttpRequestMessage request, string? evidence)
    {
        if (!request.Headers.NonValidated.TryGetValues("Cookie", out var sent))
            return;
        List<string>? kept = null;
        var number = 0;
        foreach (var header in sent)
        {
            var without = CookieText.WithoutEvidence(header, evidence);
            if (!ReferenceEquals(without, header))
                kept ??= [.. sent.Take(number)];
            if (without.Length > 0)
                kept?.Add(without);
            number++;
        }
        if (kept is null)
            return;
        request.Headers.Remove("Cookie");
        foreach (var header in kept)
            request.Headers.TryAddWithoutValidation("Cookie", header);
    }
}
