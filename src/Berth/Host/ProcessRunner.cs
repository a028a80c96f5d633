using System.Diagnostics;
using System.Text;

namespace Berth.Host;

/// <summary>What a finished program said.</summary>
public sealed record ProcessOutcome(string Program, int ExitCode, string Stdout, string Stderr)
{
    public bool Ok => ExitCode == 0;

    /// <summary>The last line it wrote on stderr (else stdout), for a message to a person.</summary>
    public string Said
    {
        get
        {
            var text = Stderr.Trim().Length > 0 ? Stderr : Stdout;
            var line = text.Trim().Split('\n')[^1].Trim();
            return line.Length > 0 ? line : $"exit status {ExitCode}";
        }
    }
}

/// <summary>The one door to other programs. Arguments are passed as a list, never through a shell; secrets never
/// belong in them.</summary>
public sealed class ProcessRunner(TimeSpan limit)
{
    /// <summary>Longer than any systemctl call on a busy box, short enough that a hang is noticed.</summary>
    public static ProcessRunner Default { get; } = new(TimeSpan.FromMinutes(2));

    /// <summary>Runs a program to its end. A missing program is exit code 127, one over the limit 124; neither
    /// throws.</summary>
    public ProcessOutcome Run(string program, params ReadOnlySpan<string> arguments) => Run(program, arguments, null);

    public ProcessOutcome Run(string program, ReadOnlySpan<string> arguments, string? input)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return new ProcessOutcome(program, 127, "", $"{program}: {missing.Message}");
        }
        var stdout = process.StandardOutput.ReadToEndAsync();
        var stderr = process.StandardError.ReadToEndAsync();
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return new ProcessOutcome(program, 124, "", $"{program} did not finish within {limit.TotalSeconds:0} s");
        }
        process.WaitForExit();
        return new ProcessOutcome(
            program,
            process.ExitCode,
            stdout.GetAwaiter().GetResult(),
            stderr.GetAwaiter().GetResult()
        );
    }
}
