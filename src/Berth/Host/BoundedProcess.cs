using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Berth.Host;

/// <summary>What a program printed that was given only so much time and so much room.</summary>
/// <param name="ExitCode">127 for a program that is not there; 124 for one that was ended.</param>
/// <param name="Output">Its standard output; it may hold a secret.</param>
/// <param name="Fault">Why it was ended; null when it ended by itself.</param>
internal sealed record BoundedOutcome(int ExitCode, string Output, string? Fault = null)
{
    public bool Ok => ExitCode == 0;

    /// <summary>Never the output: this is what a log would get.</summary>
    public override string ToString() => Fault ?? $"exit status {ExitCode}";
}

/// <summary>Runs a program whose output is a secret: into memory alone, and never more of it than is wanted. What it
/// says on its standard error is thrown away, as it may repeat the secret.</summary>
internal static class BoundedProcess
{
    /// <param name="program">Absolute, or looked up in PATH.</param>
    /// <param name="arguments">Its arguments; no secret belongs in them.</param>
    /// <param name="environment">All of its variables; null for those of this process.</param>
    /// <param name="largest">Bytes of output after which it is ended.</param>
    /// <param name="stop">Ends it as well.</param>
    public static async Task<BoundedOutcome> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment,
        int largest,
        CancellationToken stop
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
        }
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            return new BoundedOutcome(127, "", $"cannot be run: {missing.Message}");
        }
        try
        {
            process.StandardInput.Close();
            var drained = process.StandardError.BaseStream.CopyToAsync(Stream.Null, stop);
            var buffer = new byte[largest + 1];
            var length = await process.StandardOutput.BaseStream.ReadAtLeastAsync(
                buffer,
                buffer.Length,
                throwOnEndOfStream: false,
                stop
            );
            if (length > largest)
                return new BoundedOutcome(124, "", "printed more than was wanted");
            await drained;
            await process.WaitForExitAsync(stop);
            return new BoundedOutcome(process.ExitCode, Encoding.UTF8.GetString(buffer, 0, length));
        }
        catch (OperationCanceledException)
        {
            return new BoundedOutcome(124, "", "did not end in time");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
