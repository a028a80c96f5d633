using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Berth.Embedded;

/// <summary>The real <c>berth up</c> with a folder of its own, and a gateway that listens on a unix socket in it and is
/// told in a header who comes.</summary>
internal sealed class RunningUp : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);
    private readonly List<string> _told = [];
    private Process? _up;

    public string Folder { get; } = Directory.CreateTempSubdirectory("berth-live-").FullName;

    /// <summary>The first of a hundred below those that the kernel gives to whoever asks.</summary>
    public int Port { get; } = 10_000 + (100 * Random.Shared.Next(200));

    public string Roster => Path.Join(Folder, "roster.yaml");

    /// <summary>What the roster says of the gateway.</summary>
    public string Gateway => $"gateway: {{listen: 'unix:{Socket}', identity: {{kind: header, header: X-User}}}}\n";

    /// <summary>Process id of it, or of the shell that it runs below.</summary>
    public int Pid => _up!.Id;

    /// <summary>A line for everything that it has told.</summary>
    public IReadOnlyList<string> Told
    {
        get
        {
            lock (_told)
                return [.. _told];
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // What root would have to trust may not be below /tmp; for a test it may.
    private string Socket => $"/proc/self/root{Folder}/people.sock";

    public void Dispose()
    {
        _up?.Kill(entireProcessTree: true);
        _up?.WaitForExit();
        _up?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public void Start() => Start($"exec berth up --json --roster {Roster}");

    /// <param name="command">For a shell that finds <c>berth</c>.</param>
    public void Start(string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["XDG_STATE_HOME"] = Folder;
        _up = Process.Start(start)!;
        _up.OutputDataReceived += (_, line) =>
        {
            lock (_told)
                _told.Add(line.Data ?? "");
        };
        _up.BeginOutputReadLine();
    }

    /// <summary>A client that the gateway knows by this login, and that follows no redirect.</summary>
    public HttpClient Http(string login)
    {
        var http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
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

    public async Task<string> Says(string login)
    {
        using var http = Http(login);
        return await http.GetStringAsync("http://box/", Stop);
    }

    public async Task Becomes(string login, HttpStatusCode status, Func<string, bool>? says = null)
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

    public Task Until(string said) => Until(() => Told.Any(line => line.Contains(said, StringComparison.Ordinal)));

    public Task Until(Func<bool> come) => Until(() => Task.FromResult(come()));

    /// <summary>Waits for something that is sure to come; the bound only ends a broken run.</summary>
    private async Task Until(Func<Task<bool>> come)
    {
        var clock = Stopwatch.StartNew();
        while (!await come())
        {
            Assert.True(clock.Elapsed < s_bound, $"it did not come; told so far:\n{string.Join('\n', Told)}");
            await Task.Delay(50, Stop);
        }
    }
}
