using System.Diagnostics;
using System.Text.RegularExpressions;
using Berth.WebTests.Browser;
using Xunit;

namespace Berth.WebTests.Box;

/// <summary>A program that runs until the test is over, and every line it has said.</summary>
internal sealed class Running : IAsyncDisposable
{
    private const string Terminate = "TERM";
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private Running(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <param name="program">Beside this test.</param>
    /// <param name="arguments">As typed.</param>
    /// <param name="environment">Changed before it starts.</param>
    public static Running Start(
        string program,
        IEnumerable<string> arguments,
        Action<IDictionary<string, string?>>? environment = null
    )
    {
        var start = new ProcessStartInfo(Path.Join(AppContext.BaseDirectory, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        environment?.Invoke(start.Environment);
        return new Running(Process.Start(start)!);
    }

    public int Pid => _process.Id;

    public string Said
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Waits until it has said this.</summary>
    public async Task<Match> Says(string pattern)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            // What it said last is read after it has ended.
            var ended = _process.HasExited;
            if (ended)
                await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
            var said = Said;
            if (
                Regex.Match(said, pattern, RegexOptions.Multiline | RegexOptions.NonBacktracking) is
                { Success: true } match
            )
                return match;
            if (ended || clock.Elapsed > Limits.Generous)
                Assert.Fail($"it never said '{pattern}', but:\n{said}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until it answers as a gateway does.</summary>
    public async Task Answers(Client client)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await client.Asks("GET", "/healthz")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (!_process.HasExited && clock.Elapsed < Limits.Generous)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
            catch (HttpRequestException)
            {
                Assert.Fail($"it never answered, but said:\n{Said}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-s", Terminate, $"{_process.Id}"]);
            using var patience = new CancellationTokenSource(Limits.Generous);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
            _lines.Add(line);
    }
}
