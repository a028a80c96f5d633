namespace Berth.Doubles.Vault;

/// <summary>Where the double is deliberately wrong, so that a test can see a client, or a conformance test, notice.</summary>
[Flags]
public enum Lax
{
    None = 0,

    /// <summary>Takes any <c>cas</c> for the right one.</summary>
    CheckAndSet = 1,

    /// <summary>Says "not found" in its own words, without Vault's errors, and without a deleted version's envelope.</summary>
    Missing = 2,

    /// <summary>Every known token may do everything.</summary>
    Policies = 4,

    All = CheckAndSet | Missing | Policies,
}

/// <summary>What a double is started with.</summary>
public sealed record VaultOptions
{
    /// <summary>0 for one that is free.</summary>
    public int Port { get; init; }

    /// <summary>The mounts of KV version 2, in every namespace.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = ["secret"];

    /// <summary>The namespaces beside the root one.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Refuse what comes without <c>X-Vault-Request: true</c>, as an agent's listener may be told to.</summary>
    public bool RequireRequestHeader { get; init; }

    /// <summary>Newer servers name an invalid token as such; older ones only deny permission.</summary>
    public bool NamesInvalidTokens { get; init; } = true;

    /// <summary>The largest request body that is read.</summary>
    public int LargestRequest { get; init; } = 32 << 20;

    public Lax Lax { get; init; }

    /// <summary>Null for one made up.</summary>
    public string? RootToken { get; init; }

    /// <summary>Where the throw-away authority's certificate is written; null for a temporary file.</summary>
    public string? CaFile { get; init; }
}

/// <summary>One request, without any secret of it.</summary>
/// <param name="Method">As sent.</param>
/// <param name="Path">Below <c>/v1/</c>, without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Namespace">Of the header; empty for the root one.</param>
/// <param name="Owner">The token's display name; null for a token nobody has.</param>
/// <param name="Accessor">The token's accessor.</param>
/// <param name="Marked">It had <c>X-Vault-Request: true</c>.</param>
/// <param name="Protocol">HTTP/1.1 or HTTP/2.</param>
/// <param name="Status">What was answered; 0 while nothing is.</param>
/// <param name="Fault">What was done to it on the way.</param>
public sealed record VaultRequest(
    string Method,
    string Path,
    string Query,
    string Namespace,
    string? Owner,
    string? Accessor,
    bool Marked,
    string Protocol,
    int Status = 0,
    FaultKind? Fault = null
);
