using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Berth.Hooks;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Commands;

/// <summary><c>berth hooks</c>: tries whether a hook's messages arrive. <c>run</c> is what berth-hooks.service runs, and
/// <c>post</c> what it lets systemd run with the rights of nobody.</summary>
public static class HooksCommand
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "A hook of the roster" };

    public static Command Create()
    {
        var test = new Command("test", "Send a test message to a hook, and say what became of it") { s_name };
        test.SetAction(TestAsync);
        var run = new Command("run", "Tell hooks of incidents (what berth-hooks.service runs)") { Hidden = true };
        run.SetAction(RunAsync);
        var post = new Command("post", "Post what is on standard input") { Hidden = true };
        post.SetAction(PostAsync);
        return new Command("hooks", "Whom incidents are told to") { test, run, post };
    }

    private static async Task<int> TestAsync(ParseResult parse, CancellationToken stop)
    {
        if (NotRoot() || Config() is not { } config)
            return ExitCodes.Failed;
        var name = parse.GetValue(s_name)!;
        if (config.Hooks.FirstOrDefault(hook => hook.Name == name) is not { } found)
        {
            Console.Error.WriteLine(
                $"berth: there is no hook {name}; there {(config.Hooks.Count == 0 ? "are none" : "are " + string.Join(", ", config.Hooks.Select(hook => hook.Name)))}"
            );
            return ExitCodes.Failed;
        }
        var id = $"{name}-test-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}";
        var result = await Sender().SendAsync(found, new HookMessage(HookEvent.Test, id, []), stop);
        if (result.Delivery is Delivery.Done)
        {
            Console.Out.WriteLine($"{name} took the message {id}");
            return ExitCodes.Ok;
        }
        Console.Error.WriteLine($"berth: {name} did not take the message: {result.Said}");
        return ExitCodes.Failed;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancelled)
    {
        if (NotRoot() || Config() is not { } config)
            return ExitCodes.Failed;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        var parts = new HookParts(
            () => IncidentStore.Read(HostPaths.Live[IncidentStore.Path]),
            Sender().SendAsync,
            new Files(HostPaths.Live),
            TimeProvider.System,
            Console.Error.WriteLine
        );
        try
        {
            await Task.WhenAll(config.Hooks.Select(hook => new HookRunner(hook, parts).RunAsync(end.Token)));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to end.
        }
        return ExitCodes.Ok;
    }

    private static async Task<int> PostAsync(ParseResult parse, CancellationToken stop)
    {
        if (Post.Parse(await Console.In.ReadToEndAsync(stop)) is not { } post)
        {
            Console.Error.WriteLine("berth: that is no message");
            return HookCommand.Refused;
        }
        var result = await WebhookPost.SendAsync(post, WebhookPost.Patience, stop);
        if (result.Said.Length > 0)
            Console.Error.WriteLine(result.Said);
        return result.Delivery switch
        {
            Delivery.Done => ExitCodes.Ok,
            Delivery.Refused => HookCommand.Refused,
            _ => ExitCodes.Failed,
        };
    }

    private static HookDelivery Sender() =>
        new(new Files(HostPaths.Live), Environment.ProcessPath!, Environment.MachineName, HookDelivery.BySystemdAsync);

    private static bool NotRoot()
    {
        if (Native.EffectiveUser() == 0)
            return false;
        Console.Error.WriteLine("berth: hooks may hold secrets, which only root reads; run it with sudo");
        return true;
    }

    private static HookConfig? Config()
    {
        try
        {
            if (new Files(HostPaths.Live).Text(HookConfig.Path) is { } text)
                return HookConfig.Parse(text);
            Console.Error.WriteLine("berth: the roster has no hooks: see docs/hooks.md; 'berth apply' writes them");
        }
        catch (JsonException damaged)
        {
            Console.Error.WriteLine($"berth: {HookConfig.Path}: {damaged.Message}; 'berth apply' writes it anew");
        }
        return null;
    }
}
