namespace Berth.WebTests.Box;

/// <summary>Everybody has the real code-server.</summary>
public sealed class CodeServerWorkstation : Workstation
{
    protected override string Server => "    preset: code-server";

    protected override Task<string> Programs() => WebServers.Programs();
}
