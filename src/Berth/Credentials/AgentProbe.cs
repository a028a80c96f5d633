using System.Diagnostics;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>One real, minimal inference through the real CLI, as the person themselves: the only proof that a
/// credential works ('claude auth status' says logged in while the provider answers 401).</summary>
public sealed class AgentProbe(string scratch)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <param name="token">Tried alone, without the person's settings; null tries their login as they have it.</param>
    public ProbeResult Try(string? token)
    {
        if (Find("claude") is not { } program)
            return ProbeResult.Unknown;
        Directory.CreateDirectory(scratch);
        var start = new ProcessStartInfo(
            program,
            ["-p", "Answer with the one word: yes", "--model", "haiku", "--max-turns", "1"]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = scratch,
        };
        var environment = start.Environment;
        foreach (var name in Shadowing.Variables.Append(TokenText.Variable))
            environment.Remove(name);
        foreach (
            var name in (string[])
                [
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                    "DISABLE_TELEMETRY",
                    "DISABLE_ERROR_REPORTING",
                    "DISABLE_AUTOUPDATER",
                ]
        )
            environment[name] = "1";
        if (token is not null)
        {
            environment[TokenText.Variable] = token;
            environment["CLAUDE_CONFIG_DIR"] = scratch;
        }
        using var process = Process.Start(start);
        if (process is null)
            return ProbeResult.Unknown;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            return ProbeResult.Unknown;
        }
        return ProbeSchedule.Read(process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    /// <returns>The first program of this name in PATH; null for none.</returns>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Join(folder, program))
            .FirstOrDefault(file =>
                File.Exists(file) && (File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != UnixFileMode.None
            );
}
