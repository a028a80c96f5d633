namespace Berth.WebTests.Box;

/// <summary>Everybody has the real claude-code-ui.</summary>
public sealed class ClaudeCodeUiWorkstation : Workstation
{
    protected override string Server => "    preset: claude-code-ui";

    protected override Task<string> Programs() => WebServers.Programs();
}
