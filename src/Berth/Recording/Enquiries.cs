using System.Collections.Concurrent;
using System.Threading.Channels;
using Berth.Host;
using Berth.Incidents;

namespace Berth.Recording;

/// <summary>Something more about an incident.</summary>
internal sealed record Answer(IncidentKind Kind, string? User, string Subject, string Evidence);

/// <summary>Asks what takes its time to answer, one after the other and beside the recorder's loop: a process that stands
/// still may make its reader stand still.</summary>
internal sealed class Enquiries : IAsyncDisposable
{
    private const int Most = 32;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private readonly HostPaths _paths;
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<Func<CancellationToken, Task<Answer?>>> _questions = Channel.CreateBounded<
        Func<CancellationToken, Task<Answer?>>
    >(new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _asking;

    public Enquiries(HostPaths paths)
    {
        _paths = paths;
        _asking = Task.Run(AskAsync);
    }

    public bool TryTake(out Answer answer) => _answers.TryDequeue(out answer!);

    /// <summary>How much of a process's memory is its own. It walks through all of it, so it is asked of one process in
    /// trouble, never of everybody.</summary>
    public void Share(Report report, int pid) =>
        _questions.Writer.TryWrite(_ =>
            Task.FromResult(
                Proportional(pid) is { } bytes
                    ? new Answer(
                        report.Kind,
                        report.User,
                        report.Subject,
                        $"pid {pid}: PSS {Words.Memory(bytes)} (its own memory and its part of what is shared)"
                    )
                    : null
            )
        );

    /// <summary>What the service manager made of a unit, a moment later.</summary>
    public void Unit(Report report, string unit)
    {
        if (_paths.IsLive)
            _questions.Writer.TryWrite(async stop =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2), stop);
                var said = await BoundedProcess.RunAsync(
                    "systemctl",
                    ["show", "-p", "ActiveState,SubState,Result,NRestarts", "--", unit],
                    null,
                    4096,
                    stop
                );
                return said.ExitCode == 0 && UnitState.Says(unit, said.Output) is { } state
                    ? new Answer(report.Kind, report.User, report.Subject, state)
                    : null;
            });
    }

    public async ValueTask DisposeAsync()
    {
        _questions.Writer.TryComplete();
        await _end.CancelAsync();
        // One that stands still is left behind.
        await Task.WhenAny(_asking, Task.Delay(TimeSpan.FromSeconds(1)));
        _end.Dispose();
    }

    private async Task AskAsync()
    {
        await foreach (var question in _questions.Reader.ReadAllAsync())
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            limit.CancelAfter(s_longest);
            try
            {
                if (await question(limit.Token) is { } answer)
                    _answers.Enqueue(answer);
            }
            catch (Exception unanswered) when (unanswered is OperationCanceledException or IOException)
            {
                // The incident is told without it.
            }
            if (_end.IsCancellationRequested)
                return;
        }
    }

    private long? Proportional(int pid)
    {
        var lines = new KernelText(KernelFile.Once(_paths[$"/proc/{pid}/smaps_rollup"], new byte[4096]));
        while (lines.Next(out var line))
        {
            if (line.StartsWith("Pss:"u8))
                return KernelText.Leading(line[4..].TrimStart((byte)' ')) * 1024;
        }
        return null;
    }
}
