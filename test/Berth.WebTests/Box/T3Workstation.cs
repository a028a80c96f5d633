namespace Berth.WebTests.Box;

/// <summary>Everybody has the double of T3 Code, which takes a moment to start and another to answer, as the real one
/// does.</summary>
public sealed class T3Workstation : Workstation
{
    protected override string Server =>
        $$"""
                preset: t3
                command: [{{Path.Join(
                AppContext.BaseDirectory,
                "t3"
            )}}, serve, --host, "{host}", --port, "{port}", --base-dir, "{home}/.t3", --no-browser]
                environment: {T3_DOUBLE_LABEL: "{user}", T3_DOUBLE_MIGRATION: "1.5", T3_DOUBLE_ATTACH: "0.5"}
            """;
}
