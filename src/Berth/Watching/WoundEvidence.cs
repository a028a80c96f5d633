using System.Globalization;
using System.Text;
using Berth.Host;
using Berth.Incidents;
using Berth.Recording;
using Berth.Servers;

namespace Berth.Watching;

/// <summary>What is worth knowing of a server before it is restarted. Bounded in time and size, and without secrets: what
/// cannot be read is left out.</summary>
/// <param name="paths">The host.</param>
internal sealed class WoundEvidence(HostPaths paths)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private const int LogLines = 8;
    private const int LongestLine = 200;
    private const int LongestLog = 64 << 10;

    /// <param name="place">The server.</param>
    /// <param name="sight">The look that decided.</param>
    public async Task<IReadOnlyList<string>> GatherAsync(Place place, Sight sight)
    {
        var lines = new List<string>();
        if (place.Fact is { MainPid: > 0 and var pid })
            Process(lines, pid);
        lines.Add(Listener(place, sight));
        Memory(lines, place.Cgroup);
        foreach (var line in await LogAsync(place.Unit, LogLines))
            lines.Add($"log: {line}");
        return lines;
    }

    /// <summary>The last lines of a unit's log, oldest first.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string unit, int most)
    {
        if (!paths.IsLive)
            return [];
        using var late = new CancellationTokenSource(s_patience);
        var said = await BoundedProcess.RunAsync(
            "journalctl",
            ["--no-pager", "--quiet", "--output=cat", $"--lines={most}", $"--unit={unit}"],
            null,
            LongestLog,
            late.Token
        );
        return
        [
            .. said
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .TakeLast(most)
                .Select(line => Words.Short(Shown(Redaction.Text(Redaction.Line(line))), LongestLine)),
        ];
    }

    private static string Shown(string line) => Printable.Text(Encoding.UTF8.GetBytes(line), 1024);

    private void Process(List<string> lines, int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var folder = paths[$"/proc/{pid}"];
        var argv = Argv.Line(Argv.Words(KernelFile.Once($"{folder}/cmdline", buffer)), LongestLine);
        if (!ProcStat.TryParse(KernelFile.Once($"{folder}/stat", buffer), out var stat))
        {
            lines.Add($"its process {pid} is gone");
            return;
        }
        lines.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"process {pid}: {argv}; {State(stat.State)}, {Words.Count(stat.Threads, "thread")}, {stat.CpuTicks / 100.0:0.0} s of CPU so far"
            )
        );
        var waits = Line(KernelFile.Once($"{folder}/wchan", buffer));
        if (waits is not ("" or "0"))
            lines.Add($"in the kernel: {waits}");
    }

    private static string State(char state) =>
        state switch
        {
            'R' => "running",
            'S' => "waiting",
            'D' => "waiting for a disk or the like",
            'T' => "halted by a signal",
            't' => "halted by a debugger",
            'Z' => "ended and not yet collected",
            _ => $"in state {state}",
        };

    private static string Line(ReadOnlySpan<byte> text) => Printable.Text(text.Trim("\n "u8), 80);

    private static string Listener(Place place, Sight sight) =>
        sight.Door switch
        {
            Door.Closed => $"nobody listens on {place.Prober.Upstream.EndPoint}",
            Door.Open => sight.Queue == 0
                ? $"it listens on {place.Prober.Upstream.EndPoint}; nobody waits to be accepted"
                : $"it listens on {place.Prober.Upstream.EndPoint}; {Words.Count(sight.Queue, "connection")} not accepted",
            Door.Squatted => $"uid {place.Squatter} listens on {place.Prober.Upstream.EndPoint}",
            _ => "the kernel does not say who listens",
        } + $"; asked {Words.Count(sight.Asking.Fruitless, "time")} in vain";

    private void Memory(List<string> lines, string cgroup)
    {
        Span<byte> buffer = stackalloc byte[4096];
        ReadOnlySpan<byte> Of(string file, Span<byte> into) => KernelFile.Once(paths[$"{cgroup}/{file}"], into);
        if (
            !CgroupNumber.TryParse(Of("memory.current", buffer), out var current)
            || !CgroupNumber.TryParse(Of("memory.max", buffer), out var cap)
        )
            return;
        var tasks = CgroupNumber.TryParse(Of("pids.current", buffer), out var count) ? count : 0;
        var full = Pressure.TryParse(Of("memory.pressure", buffer), out var pressure) ? pressure.Full10 / 100.0 : 0;
        lines.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"memory {Words.Memory(current)}{(cap == long.MaxValue ? "" : $" of {Words.Cap(cap)}")}, waiting for it {full:0} % of the last 10 s; {Words.Count(tasks, "task")}"
            )
        );
    }
}
