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
        my $door = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ENV{PORT}", Listen => 50, ReuseAddr => 1) or die;
        while (1) {
          my $c = $door->accept or next; next if fork; my $line = <$c>; while (<$c>) { last if /^\r?\n$/ }
          $c->autoflush(1); print $c "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n";
          if ($line =~ /ticks/) { my $n = 0; while (print $c $n++ . "\n") { select(undef, undef, undef, 0.05) } }
          else { print $c "$ENV{USER} $pid $ENV{MARK}" }
          exit }
        """;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-live-").FullName;
    private readonly List<string> _events = [];
    private readonly int _port = 10_000 + (100 * Random.Shared.Next(200));
    private Process? _up;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Roster => Path.Join(_folder, "roster.yaml");

    // What root would have to trust may not be below /tmp; for a test it may.
    private string Socket => $"/proc/self/root{_folder}/people.sock";

    public void Dispose()
    {
        _up?.Kill(entireProcessTree: true);
        _up?.WaitForExit();
        _up?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_edit_starts_stops_and_leads_people_and_nobody_else_notices()
    {
        Write("alice: {server: a}", "bob: {server: b}", "dave: {server: d}");
        Up("berth up --json --roster " + Roster);
        await Becomes("alice", HttpStatusCode.OK);
        await Becomes("dave", HttpStatusCode.OK);
        await Becomes("bob", HttpStatusCode.OK);
        await Becomes("carol", HttpStatusCode.Forbidden);
        var (bob, dave) = (await Says("bob"), await Says("dave"));
        using var http = Http("bob");
        using var ticks = new StreamReader(await http.GetStreamAsync("http://box/ticks", Stop));
        var next = 0;
        next = await Count(ticks, next);

        Write(
            "alice: {server: a, parked: true}",
            "bob: {server: b}",
            "carol: {server: c}",
            "dave: {server: d, login: david}"
        );
        await Becomes("carol", HttpStatusCode.OK);
        await Becomes("alice", HttpStatusCode.ServiceUnavailable);
        await Becomes("dave", HttpStatusCode.Forbidden);
        Assert.Equal(dave, await Says("david"));
        await Until("\"event\":\"stopped\",\"user\":\"alice\"");
        await Until("\"event\":\"address\",\"user\":\"carol\"");
        next = await Count(ticks, next);

        var carol = await Says("carol");
        Mark("c", "new");
        await Until("restarts carol");
        await Becomes(
            "carol",
            HttpStatusCode.OK,
            body => body.EndsWith(" new", StringComparison.Ordinal) && body != carol
        );
        next = await Count(ticks, next);

        // Back, and away altogether.
        Write("alice: {server: a}", "bob: {server: b}", "carol: {server: c}");
        await Becomes("alice", HttpStatusCode.OK);
        await Becomes("david", HttpStatusCode.Forbidden);
        await Count(ticks, next);
        Assert.Equal(bob, await Says("bob"));
        Assert.DoesNotContain(_events.ToArray(), line => line.Contains("restarts bob", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bad_edit_is_told_and_changes_nothing_and_the_next_good_one_is_taken_up()
    {
        Write("alice: {server: a}");
        Up("berth up --json --roster " + Roster);
        await Becomes("alice", HttpStatusCode.OK);
        var alice = await Says("alice");
        Write("alice: {server: a, memroy: 1G}", "bob: {server: nobody}");
        await Until("\"event\":\"refused\"");
        Assert.Equal(
            2,
            _events
                .ToArray()
                .Count(line =>
                    line.Contains($"\"event\":\"problem\",\"user\":null,\"text\":\"{Roster}:", StringComparison.Ordinal)
                )
        );
        Assert.Equal(alice, await Says("alice"));
        await Becomes("bob", HttpStatusCode.Forbidden);
        File.WriteAllText(
            Roster,
            File.ReadAllText(Roster)
                .Replace("people.sock", "elsewhere.sock", StringComparison.Ordinal)
                .Replace(", memroy: 1G", "", StringComparison.Ordinal)
                .Replace("nobody", "b", StringComparison.Ordinal)
        );
        // Where it listens stays; all else is taken up.
        await Becomes("bob", HttpStatusCode.OK);
        await Until("gateway: what changed of listen is not taken up");
        Assert.Equal(alice, await Says("alice"));
    }

    [Fact]
    public async Task A_cap_that_is_lowered_holds_for_what_runs()
    {
        Write("alice: {server: hog, memory: 4G}");
        Up("berth up --json --roster " + Roster);
        await Until(() => Process.GetProcessesByName("tail").Any(tail => tail.WorkingSet64 > 390L << 20));
        Write("alice: {server: hog, memory: 150M}");
        await Until("another cap for alice");
        await Until("\"event\":\"killed\",\"user\":\"alice\"");
    }

    [Fact]
    public async Task Control_a_roster_that_is_not_followed_leaves_the_new_person_outside()
    {
        Write("alice: {server: a}");
        // What came through a pipe cannot be read again.
        Up($"cat {Roster} | berth up --json --roster /dev/stdin");
        await Becomes("alice", HttpStatusCode.OK);
        Write("alice: {server: a}", "carol: {server: c}");
        // With the watch it took a second.
        await Task.Delay(TimeSpan.FromSeconds(3), Stop);
        await Becomes("carol", HttpStatusCode.Forbidden);
    }

    private void Write(params string[] users)
    {
        File.WriteAllText(Path.Join(_folder, "server.pl"), Server);
        string[] names = ["a", "b", "c", "d"];
        File.WriteAllText(
            Roster,
            $"gateway: {{listen: 'unix:{Socket}', identity: {{kind: header, header: X-User}}}}\nservers:\n"
                + string.Concat(
                    names.Select(
                        (name, at) =>
                            $"  {name}: {{preset: custom, ports: {_port + (10 * at)}-{_port + (10 * at) + 9}, command: [perl, {_folder}/server.pl], environment: {{MARK: old-{name}}}}}\n"
                    )
                )
                + $"  hog: {{preset: custom, ports: {_port + 90}-{_port + 99}, command: [sh, -c, 'head -c 400M /dev/zero | tail -c 900M | sleep 600']}}\n"
                + $"defaults: {{memory: 1G}}\nusers:\n{string.Concat(users.Select(user => $"  {user}\n"))}"
        );
    }

    private void Mark(string server, string mark) =>
        File.WriteAllText(Roster, File.ReadAllText(Roster).Replace($"old-{server}", mark, StringComparison.Ordinal));

    private void Up(string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["XDG_STATE_HOME"] = _folder;
        _up = Process.Start(start)!;
        _up.OutputDataReceived += (_, line) =>
        {
            lock (_events)
                _events.Add(line.Data ?? "");
        };
        _up.BeginOutputReadLine();
    }

    private HttpClient Http(string login)
    {
        var http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (_, stop) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), stop);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
        http.DefaultRequestHeaders.Add("X-User", login);
        return http;
    }

    private async Task<string> Says(string login)
    {
        using var http = Http(login);
        return await http.GetStringAsync("http://box/", Stop);
    }

    private async Task Becomes(string login, HttpStatusCode status, Func<string, bool>? says = null)
    {
        using var http = Http(login);
        await Until(async () =>
        {
            try
            {
                using var answer = await http.GetAsync("http://box/", Stop);
                return answer.StatusCode == status
                    && says?.Invoke(await answer.Content.ReadAsStringAsync(Stop)) != false;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>Reads on in a stream that is still the first one: no number is missing.</summary>
    private static async Task<int> Count(StreamReader ticks, int next)
    {
        for (var end = next + 20; next < end; next++)
            Assert.Equal(next.ToString(), await ticks.ReadLineAsync(Stop));
        return next;
    }

    private Task Until(string said) =>
        Until(() =>
        {
            lock (_events)
                return _events.Exists(line => line.Contains(said, StringComparison.Ordinal));
        });

    private Task Until(Func<bool> come) => Until(() => Task.FromResult(come()));

    /// <summary>Waits for something that is sure to come; the bound only ends a broken run.</summary>
    private async Task Until(Func<Task<bool>> come)
    {
        var clock = Stopwatch.StartNew();
        while (!await come())
        {
            Assert.True(
                clock.Elapsed < s_bound,
                $"it did not come; told so far:\n{string.Join('\n', _events.ToArray())}"
            );
            await Task.Delay(50, Stop);
        }
    }
}
