using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Berth.Host;

namespace Berth.Hooks;

/// <summary>What became of a message.</summary>
internal enum Delivery
{
    Done,

    /// <summary>Not now; it is tried again.</summary>
    Again,

    /// <summary>This one never.</summary>
    Refused,
}

/// <summary>What became of a message, and what was said about it, without a secret.</summary>
internal sealed record DeliveryResult(Delivery Delivery, string Said);

/// <summary>Hands a message to a hook: its own program, or this one as <c>berth hooks post</c>, run by systemd with the
/// rights of nobody. The process that reads the incidents has no network, and the process that has network reads no
/// incident but the one.</summary>
/// <param name="files">Where secrets of hooks are read.</param>
/// <param name="berth">This program.</param>
/// <param name="host">Name of this host.</param>
/// <param name="run">Runs a command with this on its standard input.</param>
internal sealed class HookDelivery(
    Files files,
    string berth,
    string host,
    Func<IReadOnlyList<string>, string, CancellationToken, Task<(int ExitCode, string Said)>> run
)
{
    /// <summary>A URL, or a header.</summary>
    private const int LongestSecret = 4096;

    /// <summary>Characters that are shown of what a hook's program said.</summary>
    private const int MostSaid = 400;

    public async Task<DeliveryResult> SendAsync(Hook hook, HookMessage message, CancellationToken stop)
    {
        var body = HookText.Render(message, hook.Format, host);
        var (words, input) = (hook.Exec, body.Body);
        if (words.Count == 0)
        {
            if ((hook.Webhook ?? Secret(hook.WebhookFile)) is not { Length: > 0 } url)
                return new DeliveryResult(Delivery.Again, $"{hook.WebhookFile} holds no URL");
            var header = hook.HeaderFile is null ? null : Secret(hook.HeaderFile);
            if (hook.HeaderFile is not null && header is null)
                return new DeliveryResult(Delivery.Again, $"{hook.HeaderFile} holds no header");
            words = [berth, "hooks", "post"];
            input = new Post(url, header, body.ContentType, body.Body, message.Id).ToLine();
        }
        var (code, said) = await run(HookCommand.AsTransientUnit(hook.Name, words), input, stop);
        return code switch
        {
            0 => new DeliveryResult(Delivery.Done, ""),
            HookCommand.Refused => new DeliveryResult(Delivery.Refused, said),
            _ => new DeliveryResult(Delivery.Again, said.Length > 0 ? said : $"exit status {code}"),
        };
    }

    /// <summary>Runs systemd-run, for a little longer than it lets its program run.</summary>
    public static async Task<(int ExitCode, string Said)> BySystemdAsync(
        IReadOnlyList<string> arguments,
        string input,
        CancellationToken stop
    )
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(TimeSpan.FromSeconds(HookCommand.Seconds + 15));
        var start = new ProcessStartInfo("systemd-run", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            return (127, $"systemd-run: {missing.Message}");
        }
        try
        {
            var output = DrainAsync(process.StandardOutput.BaseStream, late.Token);
            var error = DrainAsync(process.StandardError.BaseStream, late.Token);
            try
            {
                await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input), late.Token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // A program that does not read what it is told may still end well.
            }
            await output;
            var said = await error;
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, said);
        }
        catch (OperationCanceledException)
        {
            return (124, "did not end in time");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <returns>The end of what was said, fit to be shown.</returns>
    private static async Task<string> DrainAsync(Stream from, CancellationToken stop)
    {
        var (buffer, kept) = (new byte[4096], Array.Empty<byte>());
        int length;
        while ((length = await from.ReadAsync(buffer, stop)) > 0)
            kept = [.. kept.Concat(buffer.Take(length)).TakeLast(MostSaid)];
        return Recording.Printable.Text(kept.AsSpan().Trim("\r\n "u8), MostSaid);
    }

    private string? Secret(string? path) =>
        path is null ? null
        : files.Untrusted(path, LongestSecret)?.Trim() is { Length: > 0 } text ? text
        : null;
}
