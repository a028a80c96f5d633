using Berth.Incidents;
using Berth.Recording;
using CsCheck;
using Xunit;

namespace Berth.Hooks;

public sealed class HookFlowTests
{
    private static readonly DateTimeOffset s_now = Scene.Noon;
    private static readonly Hook s_all = new("ops", [], "https://x.example/", null, null, [], HookFormat.Json);

    public static Incident Stall(long id, string user = "alice", bool over = false, int count = 1) =>
        new(
            id,
            IncidentKind.Stall,
            user,
            "x",
            s_now.AddSeconds(id),
            over ? s_now.AddMinutes(1) : null,
            s_now.AddMinutes(1),
            count,
            $"{user}'s server has stood still",
            over ? "it gets on again" : "it goes on",
            "end the largest",
            []
        );

    private static (List<HookMessage> Told, HookState State) Run(
        Hook hook,
        HookState state,
        IReadOnlyList<IncidentChange> changes,
        Func<int, DateTimeOffset>? clock = null
    )
    {
        var told = new List<HookMessage>();
        for (var i = 0; ; i++)
        {
            var step = HookFlow.Next(
                hook,
                state,
                [.. changes.Where(change => change.Number > state.Change).Take(HookFlow.Batch)],
                clock?.Invoke(i) ?? s_now
            );
            state = step.After;
            if (step.Message is null)
                return (told, state);
            told.Add(step.Message);
        }
    }

    [Fact]
    public void What_begins_is_told_once_however_often_it_is_written_and_once_more_when_it_is_over()
    {
        var (told, state) = Run(
            s_all,
            HookState.From(0),
            [new(1, Stall(1)), new(2, Stall(1)), new(3, Stall(2, "bob")), new(4, Stall(1))]
        );
        Assert.Equal(["alice Began", "bob Began"], told.Select(one => $"{one.Incidents[0].User} {one.Event}"));
        Assert.Equal(4, state.Change);
        (told, _) = Run(s_all, state, [new(5, Stall(1, over: true)), new(6, Stall(1, over: true))]);
        Assert.Equal(["alice Ended"], told.Select(one => $"{one.Incidents[0].User} {one.Event}"));
    }

    [Fact]
    public void What_is_over_when_it_is_first_seen_is_one_message()
    {
        var (told, _) = Run(s_all, HookState.From(0), [new(1, Stall(1, over: true)), new(2, Stall(1, over: true))]);
        Assert.Equal(HookEvent.Began, Assert.Single(told).Event);
    }

    [Fact]
    public void A_kill_that_closes_a_minute_later_without_another_says_nothing_more()
    {
        var kill = Stall(1) with { Kind = IncidentKind.OomKill, Outcome = "her server lives" };
        var closed = kill with { End = s_now.AddMinutes(1) };
        Assert.Single(Run(s_all, HookState.From(0), [new(1, kill), new(2, closed)]).Told);
        // A hundred in the same minute are told of in the end.
        var (told, _) = Run(
            s_all,
            Run(s_all, HookState.From(0), [new(1, kill)]).State,
            [new(2, closed with { Count = 100 })]
        );
        Assert.Equal((HookEvent.Ended, 100), (told[0].Event, told[0].Incidents[0].Count));
    }

    [Fact]
    public void Only_the_wanted_kinds_are_told()
    {
        var (told, state) = Run(
            s_all with
            {
                Kinds = ["exhausted"],
            },
            HookState.From(0),
            [new(1, Stall(1)), new(2, Stall(2) with { Kind = IncidentKind.Exhausted })]
        );
        Assert.Equal(IncidentKind.Exhausted, Assert.Single(told).Incidents[0].Kind);
        Assert.Equal(2, state.Change);
    }

    [Fact]
    public void Many_at_once_are_one_digest()
    {
        var many = Enumerable.Range(1, 300).Select(i => new IncidentChange(i, Stall(i, $"user{i}"))).ToList();
        var (told, state) = Run(s_all, HookState.From(0), many);
        Assert.Equal((HookEvent.Digest, 300), (Assert.Single(told).Event, told[0].Incidents.Count));
        Assert.Equal(300, state.Change);
    }

    [Fact]
    public void Thirty_messages_in_ten_minutes_are_the_most_and_what_waited_is_told_afterwards()
    {
        var state = HookState.From(0);
        var told = 0;
        for (var i = 1; i <= 100; i++)
        {
            var step = HookFlow.Next(s_all, state, [new(i, Stall(i))], s_now.AddSeconds(i));
            told += step.Message is null ? 0 : 1;
            state = step.After;
            if (i > 30)
                Assert.InRange(step.Wait, TimeSpan.FromMinutes(8), HookFlow.Window);
        }
        Assert.Equal(HookFlow.Most, told);
        Assert.Equal(30, state.Change);
        var late = HookFlow.Next(s_all, state, [new(31, Stall(31))], s_now.AddMinutes(11));
        Assert.NotNull(late.Message);
    }

    [Fact]
    public void Whatever_happens_everything_is_told_of_in_order_and_no_beginning_twice() =>
        Gen.Select(Gen.Int[1, 8], Gen.Bool, Gen.Int[1, 3])
            .List[0, 60]
            .Sample(events =>
            {
                var changes = events
                    .Select(
                        (one, at) => new IncidentChange(at + 1, Stall(one.Item1, over: one.Item2, count: one.Item3))
                    )
                    .ToList();
                // Each message a day after the one before: the bound on how many is another test's.
                var (told, state) = Run(s_all, HookState.From(0), changes, i => s_now.AddDays(i));
                var told1 = told.SelectMany(message => message.Incidents.Select(one => (message.Event, one.Id)))
                    .ToList();
                Assert.Equal(
                    changes.Select(change => change.Incident.Id).Distinct().Order(),
                    told1.Select(one => one.Id).Distinct().Order()
                );
                var begun = told1.Where(one => one.Event is HookEvent.Began).Select(one => one.Id).ToList();
                Assert.Equal(begun.Distinct(), begun);
                Assert.Equal(changes.Count, state.Change);
                var json = HookState.Parse(state.ToJson());
                Assert.Equal(state.ToJson(), json.ToJson());
            });

    [Fact]
    public void The_pause_grows_from_a_second_to_five_minutes() =>
        Assert.Equal(
            [1, 2, 4, 256, 300, 300],
            ((int[])[1, 2, 3, 9, 10, 1000]).Select(i => HookFlow.Pause(i).TotalSeconds)
        );

    [Fact]
    public void A_person_reads_what_a_program_reads()
    {
        var message = new HookMessage(
            HookEvent.Began,
            "ops-1-began",
            [Stall(1) with { Sentence = "alice ran `a<b&c`" }]
        );
        Assert.Equal(
            "[box] stall: alice ran `a<b&c`.\nOutcome: it goes on.\nNext: end the largest",
            HookText.Render(message, HookFormat.Text, "box").Body
        );
        var slack = HookText.Render(message, HookFormat.Slack, "box");
        Assert.Equal("application/json", slack.ContentType);
        Assert.Equal(
            "[box] stall: alice ran `a&lt;b&amp;c`.\nOutcome: it goes on.\nNext: end the largest",
            (string?)System.Text.Json.Nodes.JsonNode.Parse(slack.Body)!["text"]
        );
        var json = System.Text.Json.Nodes.JsonNode.Parse(HookText.Render(message, HookFormat.Json, "box").Body)!;
        Assert.Equal(
            ("began", "ops-1-began", "box", "stall", "alice"),
            (
                (string?)json["event"],
                (string?)json["delivery"],
                (string?)json["host"],
                (string?)json["incident"]!["kind"],
                (string?)json["incident"]!["user"]
            )
        );
        var digest = HookText.Render(
            new HookMessage(HookEvent.Digest, "x", [.. Enumerable.Range(1, 21).Select(i => Stall(i))]),
            HookFormat.Text,
            "box"
        );
        Assert.StartsWith("[box] 21 incidents: 21 × stall\n- ", digest.Body, StringComparison.Ordinal);
        Assert.EndsWith("… and 16 before them: berth incidents", digest.Body, StringComparison.Ordinal);
    }
}
