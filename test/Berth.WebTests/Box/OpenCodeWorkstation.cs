using Berth.Checkout;

namespace Berth.WebTests.Box;

/// <summary>Everybody has the real opencode.</summary>
public sealed class OpenCodeWorkstation : Workstation
{
    protected override string Server => "    preset: opencode";

    protected override async Task<string> Programs() =>
        Path.GetDirectoryName((await Repository.Script("scripts/agent.sh", "opencode")).Trim())!;
}
