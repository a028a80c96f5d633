using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Hooks;

/// <summary>What is to be posted, as it is handed to the process that posts: over its standard input, where nobody sees
/// it. The URL may be a secret.</summary>
public sealed record Post(string Url, string? Header, string ContentType, string Body, string Delivery)
{
    public string ToLine() => JsonSerializer.Serialize(this, PostJson.Default.Post);

    /// <returns>Null when the text is none.</returns>
    public static Post? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, PostJson.Default.Post);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Never the URL: this is what a log would get.</summary>
    public override string ToString() => Delivery;
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Post))]
internal sealed partial class PostJson : JsonSerializerContext;

/// <summary>How a hook's program is run: by systemd, as a user that exists only meanwhile and owns nothing, for a bounded
/// time, in nobody's home.</summary>
public static class HookCommand
{
    /// <summary>The receiver will never take this message: it is not tried again (EX_DATAERR, sysexits(3)).</summary>
    public const int Refused = 65;

    /// <summary>Seconds that a hook's program has.</summary>
    public const int Seconds = 60;

    /// <param name="name">The hook's name.</param>
    /// <param name="words">Program and arguments; no secret is among them.</param>
    public static IReadOnlyList<string> AsTransientUnit(string name, IReadOnlyList<string> words) =>
        [
            "--quiet",
            "--pipe",
            "--wait",
            "--collect",
            $"--description=Tell hook {name} of an incident",
            "--setenv=HOME=/tmp",
            "--property=DynamicUser=yes",
            "--property=ProtectHome=yes",
            "--property=ProtectProc=invisible",
            "--property=PrivateDevices=yes",
            "--property=ProtectKernelTunables=yes",
            "--property=ProtectKernelModules=yes",
            "--property=ProtectKernelLogs=yes",
            "--property=ProtectControlGroups=yes",
            "--property=ProtectClock=yes",
            "--property=ProtectHostname=yes",
            "--property=RestrictNamespaces=yes",
            "--property=CapabilityBoundingSet=",
            "--property=RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
            "--property=SystemCallArchitectures=native",
            "--property=SystemCallFilter=@system-service",
            "--property=MemoryMax=256M",
            "--property=MemorySwapMax=0",
            "--property=TasksMax=64",
            $"--property=RuntimeMaxSec={Seconds}",
            "--property=LimitCORE=0",
            "--property=UMask=0077",
            "--",
            .. words,
        ];
}
