using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Berth.Embedded;

/// <summary>The roster is edited while <c>berth up</c> runs: the real program, its gateway on a unix socket, small
/// servers that stream.</summary>
public sealed class LiveRosterTests : IDisposable
{
    /// <summary>Says whose it is, its process and a mark; or streams numbers, one after the other.</summary>
    private const string Server = """
        use IO::Socket::INET; use strict; $SIG{CHLD} = 'IGNORE'; my $pid = $$;
        $SIG{TERM} = sub { sleep $ENV{LINGER}; exit } if $ENV{LINGER};
        my $door = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ENV{PORT}", Listen => 50, ReuseAddr => 1) or die;
        while (1) {
          my $c = $door->accept or next; next if fork; my $line = <$c>; while (<$c>) { last if /^\r?\n$/ }
          $c->autoflush(1); print $c "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n";
          if ($line =~ /ticks/) { my $n = 0; while (print $c $n++ . "\n") { select(undef, undef, undef, 0.05) } }
          else { print $c "$ENV{USER} $pid $ENV{MARK}" }
          exit }
        """;

    private readonly RunningUp _up = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _up.Dispose();

    [Fact]
    public async Task An_edit_starts_stops_and_leads_people_and_nobody_else_notices()
    {
        Write("alice: {server: a}", "bob: {server: b}", "dave: {server: d}");
        _up.Start();
        await _up.Becomes("alice", HttpStatusCode.OK);
        await _up.Becomes("dave", HttpStatusCode.OK);
        await _up.Becomes("bob", HttpStatusCode.OK);
        await _up.Becomes("carol", HttpStatusCode.Forbidden);
        var (bob, dave) = (await _up.Says("bob"), await _up.Says("dave"));
        using var http = _up.Http("bob");
        using var ticks = new StreamReader(await http.GetStreamAsync("http://box/ticks", Stop));
        var next = 0;
        next = await Count(ticks, next);

        Write(
            "alice: {server: a, parked: true}",
            "bob: {server: b}",
            "carol: {server: c}",
            "dave: {server: d, login: david}"
        );
        await _up.Becomes("carol", HttpStatusCode.OK);
        await _up.Becomes("alice", HttpStatusCode.ServiceUnavailable);
        await _up.Becomes("dave", HttpStatusCode.Forbidden);
        Assert.Equal(dave, await _up.Says("david"));
        await _up.Until("\"event\":\"stopped\",\"user\":\"alice\"");
        await _up.Until("\"event\":\"address\",\"user\":\"carol\"");
        next = await Count(ticks, next);

        var carol = await _up.Says("carol");
        Edit("old-c", "new");
        await _up.Until("restarts carol");
        await _up.Becomes(
            "carol",
            HttpStatusCode.OK,
            body => body.EndsWith(" new", StringComparison.Ordinal) && body != carol
        );
        next = await Count(ticks, next);

        // Back, and away altogether.
        Write("alice: {server: a}", "bob: {server: b}", "carol: {server: c}");
        await _up.Becomes("alice", HttpStatusCode.OK);
        await _up.Becomes("david", HttpStatusCode.Forbidden);
        await Count(ticks, next);
        Assert.Equal(bob, await _up.Says("bob"));
        Assert.DoesNotContain(_up.Told, line => line.Contains("restarts bob", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bad_edit_is_told_and_changes_nothing_nor_does_a_roster_that_is_gone_and_the_next_good_one_is_taken_up()
    {
        Write("alice: {server: a}");
        _up.Start();
        await _up.Becomes("alice", HttpStatusCode.OK);
        var alice = await _up.Says("alice");
        Write("alice: {server: a, memroy: 1G}", "bob: {server: nobody}");
        await _up.Until("\"event\":\"refused\"");
        Assert.Equal(
            2,
            _up.Told.Count(line =>
                line.Contains($"\"event\":\"problem\",\"user\":null,\"text\":\"{_up.Roster}:", StringComparison.Ordinal)
            )
        );
        Assert.Equal(alice, await _up.Says("alice"));
        await _up.Becomes("bob", HttpStatusCode.Forbidden);
        var bad = await File.ReadAllTextAsync(_up.Roster, Stop);
        File.Delete(_up.Roster);
        await _up.Until("there is no such file");
        await File.WriteAllTextAsync(_up.Roster, "", Stop);
        await _up.Until("the roster is empty");
        Assert.Equal(alice, await _up.Says("alice"));

        // As an editor puts a new file in the place of the old one.
        await File.WriteAllTextAsync(
            _up.Roster + ".new",
            bad.Replace("people.sock", "elsewhere.sock", StringComparison.Ordinal)
                .Replace(", memroy: 1G", "", StringComparison.Ordinal)
                .Replace("nobody", "b", StringComparison.Ordinal),
            Stop
        );
        File.Move(_up.Roster + ".new", _up.Roster, overwrite: true);
        // Where it listens stays; all else is taken up.
        await _up.Becomes("bob", HttpStatusCode.OK);
        await _up.Until("gateway: what changed of listen is not taken up");
        Assert.Equal(alice, await _up.Says("alice"));
    }

    [Fact]
    public async Task Who_goes_leaves_no_process_and_no_port_also_when_the_next_edit_comes_while_they_are_going()
    {
        Write("alice: {server: a}", "bob: {server: b}");
        // A server that takes its time to end, and a process that has left its session.
        Edit(
            "a: {preset: custom",
            $"slow: {{preset: custom, ports: {_up.Port + 50}-{_up.Port + 59}, command: [sh, -c, 'setsid sleep 86399.{_up.Port} & exec perl {_up.Folder}/server.pl'], environment: {{LINGER: '1'}}}}\n  a: {{preset: custom"
        );
        Edit("alice: {server: a}", "alice: {server: slow}");
        _up.Start();
        await _up.Becomes("alice", HttpStatusCode.OK);
        await _up.Becomes("bob", HttpStatusCode.OK);
        var alice = await _up.Says("alice");
        await _up.Until(() => Strays().Count == 1);

        Edit("alice: {server: slow}", "alice: {server: slow, parked: true}");
        await _up.Becomes("alice", HttpStatusCode.ServiceUnavailable);
        // She is still going.
        Edit("alice: {server: slow, parked: true}", "alice: {server: slow}");
        Edit("bob: {server: b}", "bob: {server: b, parked: true}");
        await _up.Until("\"event\":\"stopped\",\"user\":\"bob\"");
        await _up.Becomes("alice", HttpStatusCode.OK, body => body != alice);
        await _up.Until(() => Strays().Count == 1);

        Edit("alice: {server: slow}", "carol: {server: c}");
        await _up.Becomes("carol", HttpStatusCode.OK);
        await _up.Until(() =>
            _up.Told.Count(line => line.Contains("no longer in the roster", StringComparison.Ordinal)) == 1
        );
        Assert.Empty(Strays());
        var ready = _up.Told.Last(line => line.Contains("alice\",\"text\":\"ready on", StringComparison.Ordinal));
        using var port = new TcpListener(IPAddress.Loopback, int.Parse(ready[(ready.LastIndexOf(':') + 1)..^2]));
        port.Start();
    }

    [Fact]
    public async Task A_server_that_is_still_starting_can_be_stopped_and_nobody_waits_for_it_any_more()
    {
        Write("alice: {server: a}", "bob: {server: never}");
        Edit(
            "a: {preset: custom",
            $"never: {{preset: custom, ports: {_up.Port + 50}-{_up.Port + 59}, command: [sleep, '86399.{_up.Port}']}}\n  a: {{preset: custom"
        );
        _up.Start();
        await _up.Until(() => Strays().Count == 1);
        Edit("bob: {server: never}", "bob: {server: never, parked: true}");
        await _up.Until("\"event\":\"stopped\",\"user\":\"bob\"");
        Assert.Empty(Strays());
        // Who was started with them is told where to come in.
        await _up.Until("\"event\":\"address\",\"user\":\"alice\"");
        Assert.DoesNotContain(
            _up.Told,
            line => line.Contains("\"user\":\"bob\",\"text\":\"its server ended", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_cap_that_is_lowered_holds_for_what_runs()
    {
        Write("alice: {server: hog, memory: 4G}");
        _up.Start();
        await _up.Until(() => Process.GetProcessesByName("tail").Any(tail => tail.WorkingSet64 > 390L << 20));
        Write("alice: {server: hog, memory: 150M}");
        await _up.Until("another cap for alice");
        await _up.Until("\"event\":\"killed\",\"user\":\"alice\"");
    }

    [Fact]
    public async Task Control_a_roster_that_is_not_followed_leaves_the_new_person_outside()
    {
        Write("alice: {server: a}");
        // What came through a pipe cannot be read again.
        _up.Start($"cat {_up.Roster} | berth up --json --roster /dev/stdin");
        await _up.Becomes("alice", HttpStatusCode.OK);
        Write("alice: {server: a}", "carol: {server: c}");
        // With the watch it took a second.
        await Task.Delay(TimeSpan.FromSeconds(3), Stop);
        await _up.Becomes("carol", HttpStatusCode.Forbidden);
    }

    private void Write(params string[] users)
    {
        var (folder, port) = (_up.Folder, _up.Port);
        File.WriteAllText(Path.Join(folder, "server.pl"), Server);
        string[] names = ["a", "b", "c", "d"];
        File.WriteAllText(
            _up.Roster,
            _up.Gateway
                + "servers:\n"
                + string.Concat(
                    names.Select(
                        (name, at) =>
                            $"  {name}: {{preset: custom, ports: {port + (10 * at)}-{port + (10 * at) + 9}, command: [perl, {folder}/server.pl], environment: {{MARK: old-{name}}}}}\n"
                    )
                )
                + $"  hog: {{preset: custom, ports: {port + 90}-{port + 99}, command: [sh, -c, 'head -c 400M /dev/zero | tail -c 900M | sleep 600']}}\n"
                + $"defaults: {{memory: 1G}}\nusers:\n{string.Concat(users.Select(user => $"  {user}\n"))}"
        );
    }

    private void Edit(string before, string after) =>
        File.WriteAllText(_up.Roster, File.ReadAllText(_up.Roster).Replace(before, after, StringComparison.Ordinal));

    /// <summary>Living processes that have this test's name for them.</summary>
    private List<string?> Strays() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(Path.GetFileName)
                .Where(name => int.TryParse(name, out var pid) && ProcessTree.Argv(pid) == $"sleep 86399.{_up.Port}"),
        ];

    /// <summary>Reads on in a stream that is still the first one: no number is missing.</summary>
    private static async Task<int> Count(StreamReader ticks, int next)
    {
        for (var end = next + 20; next < end; next++)
            Assert.Equal(next.ToString(), await ticks.ReadLineAsync(Stop));
        return next;
    }
}
