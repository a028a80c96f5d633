using Berth.Gateway;
using Berth.Host;
using Berth.Incidents;
using Berth.Recording;
using Berth.Units;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Berth.Hooks;

/// <summary>Incidents on disk, a hook, and a receiver that is strict and not always well.</summary>
public sealed class HookRunnerTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> s_nowhere = new(StringComparer.Ordinal);
    private readonly TemporaryFolder _root = new();
    private readonly SynchronizedLines _said = new();
    private readonly HandClock _clock = new();
    private Receiver _receiver = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private HostPaths Paths => new(_root.Path);

    private string File => Paths[IncidentStore.Path];

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _root.Dispose();
    }

    private void Write(params ReadOnlySpan<Incident> incidents)
    {
        using var store = IncidentStore.Open(File, Scene.Noon, _said.Add);
        foreach (var incident in incidents)
            store.Save([incident], s_nowhere);
    }

    private Hook Hook => new("ops", [], _receiver.Url, null, null, [], HookFormat.Json);

    private HookRunner Runner(TimeSpan? patience = null) =>
        new(
            Hook,
            new HookParts(
                () => IncidentStore.Read(File),
                (hook, message, stop) =>
                {
                    var body = HookText.Render(message, hook.Format, "box");
                    return WebhookPost.SendAsync(
                        new Post(hook.Webhook!, null, body.ContentType, body.Body, message.Id),
                        patience ?? TimeSpan.FromSeconds(30),
                        stop
                    );
                },
                new Files(Paths),
                _clock,
                _said.Add
            )
        );

    /// <summary>Runs while this goes on; time passes whenever the runner waits.</summary>
    private async Task WhileAsync(HookRunner runner, Func<Task> act)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = runner.RunAsync(end.Token);
        var passing = Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    _clock.Advance(TimeSpan.FromSeconds(1));
                    await Task.Delay(2, CancellationToken.None);
                }
            },
            CancellationToken.None
        );
        await act();
        await end.CancelAsync();
        // It ends between two steps, or in the middle of one.
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.False(running.IsFaulted, running.Exception?.ToString());
        await passing;
    }

    /// <summary>The state file is written after the receiver has answered: it is waited for.</summary>
    private async Task UntilToldAsync(long change)
    {
        while (
            HookState.Parse(await System.IO.File.ReadAllTextAsync(Paths[$"{HookUnits.State}/ops.json"], Stop)).Change
            < change
        )
            await Task.Delay(5, Stop);
    }

    private async Task BeginAsync()
    {
        Write(HookFlowTests.Stall(1, "earlier", over: true));
        await WhileAsync(
            Runner(),
            async () =>
            {
                while (!System.IO.File.Exists(Paths[$"{HookUnits.State}/ops.json"]))
                    await Task.Delay(5, Stop);
            }
        );
    }

    [Fact]
    public async Task A_new_hook_is_told_of_what_happens_from_now_on()
    {
        await BeginAsync();
        await WhileAsync(
            Runner(),
            async () =>
            {
                Write(HookFlowTests.Stall(2));
                await _receiver.Took.WaitForAsync("began alice");
            }
        );
        Assert.Equal(["began alice"], _receiver.Took.All);
    }

    [Fact]
    public async Task A_receiver_that_fails_answers_late_or_leads_elsewhere_gets_each_message_in_the_end_and_in_order()
    {
        await BeginAsync();
        _receiver.Mood(
            context => Receiver.Answers(context, 500),
            context => Receiver.Answers(context, 429),
            async context =>
                await Task.Delay(Timeout.Infinite, context.RequestAborted)
                    .ContinueWith(_ => { }, TaskScheduler.Default),
            context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
            context =>
            {
                context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
                return Receiver.Answers(context, 307);
            },
            context => Receiver.Answers(context, 404)
        );
        await WhileAsync(
            Runner(TimeSpan.FromSeconds(1)),
            async () =>
            {
                Write(HookFlowTests.Stall(2), HookFlowTests.Stall(3, "bob"));
                await _receiver.Took.WaitForAsync("began bob");
            }
        );
        Assert.Equal(["began alice", "began bob"], _receiver.Took.All);
        Assert.Equal(8, _receiver.Seen.All.Count);
        Assert.Equal(2, _receiver.Seen.All.Distinct().Count());
        // Said once when it begins and once when it is over, and never where to.
        Assert.Equal(2, _said.All.Count(line => line.StartsWith("hook ops:", StringComparison.Ordinal)));
        Assert.DoesNotContain(_said.All, line => line.Contains("secret-path", StringComparison.Ordinal));
    }

    /// <summary>The control of the test above: sent once, the first message is lost.</summary>
    [Fact]
    public async Task Without_a_second_try_it_would_be_lost()
    {
        _receiver.Mood(context => Receiver.Answers(context, 500));
        var body = HookText.Render(
            new HookMessage(HookEvent.Began, "ops-1-began", [HookFlowTests.Stall(1)]),
            HookFormat.Json,
            "box"
        );
        var post = new Post(_receiver.Url, null, body.ContentType, body.Body, "ops-1-began");
        Assert.Equal(Delivery.Again, (await WebhookPost.SendAsync(post, TimeSpan.FromSeconds(30), Stop)).Delivery);
        Assert.Empty(_receiver.Took.All);
    }

    [Fact]
    public async Task A_message_that_is_refused_stands_in_nobodys_way()
    {
        await BeginAsync();
        _receiver.Mood(context => Receiver.Answers(context, 422));
        await WhileAsync(
            Runner(),
            async () =>
            {
                Write(HookFlowTests.Stall(2), HookFlowTests.Stall(3, "bob"));
                await _receiver.Took.WaitForAsync("began bob");
            }
        );
        Assert.Equal(["began bob"], _receiver.Took.All);
        Assert.Contains(
            _said.All,
            line =>
                line.EndsWith("is left out: it answered 422: it does not take this message", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task What_happens_while_it_is_away_is_told_when_it_is_back_and_nothing_twice()
    {
        await BeginAsync();
        await WhileAsync(
            Runner(),
            async () =>
            {
                Write(HookFlowTests.Stall(2));
                await _receiver.Took.WaitForAsync("began alice");
                await UntilToldAsync(2);
            }
        );
        Write(
            HookFlowTests.Stall(3, "bob"),
            HookFlowTests.Stall(2, over: true),
            HookFlowTests.Stall(4, "carol", over: true)
        );
        await WhileAsync(Runner(), () => _receiver.Took.WaitForAsync("began carol"));
        Assert.Equal(["began alice", "began bob", "ended alice", "began carol"], _receiver.Took.All);
    }

    /// <summary>The control: a runner that does not know how far it was begins from now, and bob is lost.</summary>
    [Fact]
    public async Task Without_its_place_on_disk_what_happened_meanwhile_would_be_lost()
    {
        await BeginAsync();
        Write(HookFlowTests.Stall(3, "bob"));
        System.IO.File.Delete(Paths[$"{HookUnits.State}/ops.json"]);
        await WhileAsync(
            Runner(),
            async () =>
            {
                while (!System.IO.File.Exists(Paths[$"{HookUnits.State}/ops.json"]))
                    await Task.Delay(5, Stop);
                Write(HookFlowTests.Stall(4, "carol"));
                await _receiver.Took.WaitForAsync("began carol");
            }
        );
        Assert.Equal(["began carol"], _receiver.Took.All);
    }

    [Fact]
    public async Task A_flood_is_one_digest()
    {
        await BeginAsync();
        Write([.. Enumerable.Range(2, 200).Select(i => HookFlowTests.Stall(i, $"user{i}"))]);
        await WhileAsync(Runner(), () => _receiver.Took.WaitForAsync("digest 200 incidents"));
        Assert.Equal(["digest 200 incidents"], _receiver.Took.All);
    }

    [Fact]
    public async Task While_its_disk_is_full_everything_is_told_once()
    {
        await BeginAsync();
        // No temporary can be made: as on a full disk.
        var inTheWay = Directory.CreateDirectory(Paths[$"{HookUnits.State}/ops.json.new"]);
        await WhileAsync(
            Runner(),
            async () =>
            {
                Write(HookFlowTests.Stall(2));
                await _receiver.Took.WaitForAsync("began alice");
                Write(HookFlowTests.Stall(3, "bob"));
                await _receiver.Took.WaitForAsync("began bob");
                var later = _clock.GetUtcNow().AddMinutes(2);
                while (_clock.GetUtcNow() < later)
                    await Task.Delay(5, Stop);
                inTheWay.Delete();
                Write(HookFlowTests.Stall(4, "carol"));
                await _receiver.Took.WaitForAsync("began carol");
                await UntilToldAsync(4);
            }
        );
        Assert.Equal(["began alice", "began bob", "began carol"], _receiver.Took.All);
        Assert.Contains(_said.All, line => line.EndsWith("it is tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Incidents_that_were_begun_anew_are_told_from_their_start()
    {
        await BeginAsync();
        Write([.. Enumerable.Range(2, 5).Select(i => HookFlowTests.Stall(i, $"user{i}"))]);
        await WhileAsync(Runner(), () => UntilToldAsync(6));
        System.IO.File.Delete(File);
        Write(HookFlowTests.Stall(1, "bob"));
        await WhileAsync(Runner(), () => _receiver.Took.WaitForAsync("began bob"));
    }

    [Fact]
    public async Task Programs_are_run_by_systemd_with_the_message_on_their_input_and_no_secret_in_their_words()
    {
        var ran = new List<(IReadOnlyList<string> Words, string Input)>();
        _root.Write("/etc/berth/ops.url", "https://hooks.example/T0/secret\n");
        _root.Write("/etc/berth/ops.header", "Authorization: Bearer s3cret\n");
        var sender = new HookDelivery(
            new Files(Paths),
            "/usr/bin/berth",
            "box",
            (words, input, _) =>
            {
                ran.Add((words, input));
                return Task.FromResult((ran.Count == 3 ? HookCommand.Refused : 0, ""));
            }
        );
        var message = new HookMessage(HookEvent.Began, "ops-1-began", [HookFlowTests.Stall(1)]);
        var hook = new Hook("ops", [], null, "/etc/berth/ops.url", "/etc/berth/ops.header", [], HookFormat.Text);
        Assert.Equal(Delivery.Done, (await sender.SendAsync(hook, message, Stop)).Delivery);
        var (words, input) = ran[0];
        Assert.Equal(["--", "/usr/bin/berth", "hooks", "post"], words.TakeLast(4));
        Assert.Contains("--property=DynamicUser=yes", words);
        Assert.DoesNotContain(words, word => word.Contains("secret", StringComparison.Ordinal));
        var post = Post.Parse(input)!;
        Assert.Equal(("https://hooks.example/T0/secret", "Authorization: Bearer s3cret"), (post.Url, post.Header));
        Assert.DoesNotContain("secret", post.ToString(), StringComparison.Ordinal);

        var program = new Hook("page", ["/usr/local/bin/page", "-v"], null, null, null, [], HookFormat.Text);
        await sender.SendAsync(program, message, Stop);
        Assert.Equal(["--", "/usr/local/bin/page", "-v"], ran[1].Words.TakeLast(3));
        Assert.StartsWith("[box] stall: alice", ran[1].Input, StringComparison.Ordinal);
        Assert.Equal(Delivery.Refused, (await sender.SendAsync(program, message, Stop)).Delivery);
        Assert.Equal(
            Delivery.Again,
            (await sender.SendAsync(hook with { WebhookFile = "/etc/berth/none" }, message, Stop)).Delivery
        );
    }

    [Theory]
    [InlineData("http://203.0.113.9/x")]
    [InlineData("ftp://x.example/")]
    [InlineData("nothing")]
    public async Task A_message_goes_nowhere_where_others_could_read_it(string url) =>
        Assert.Equal(
            Delivery.Again,
            (
                await WebhookPost.SendAsync(new Post(url, null, "text/plain", "x", "id"), TimeSpan.FromSeconds(5), Stop)
            ).Delivery
        );
}
