using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Berth.Host;
using Berth.Recording;

namespace Berth.Commands;

/// <summary><c>berth record</c>: the recorder alone, in the foreground, or a number of samples of this host and what they
/// have cost.</summary>
public static class RecordCommand
{
    private static readonly Option<int> s_samples = new("--samples")
    {
        Description = "Take so many samples, one after the other, print what they have cost, and end",
        HelpName = "COUNT",
    };

    private static readonly Option<string?> s_state = new("--state")
    {
        Description = "Keep ring and incidents in this folder",
        HelpName = "FOLDER",
    };

    private static readonly Option<bool> s_applied = new("--applied")
    {
        Description = "Follow whom 'berth apply' named last (what berth-recorder.service runs)",
        Hidden = true,
    };

    public static Command Create()
    {
        var command = new Command("record", "The recorder alone, in the foreground") { s_samples, s_state, s_applied };
        command.SetAction((parse, _) => RunAsync(parse));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse)
    {
        if (Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine("berth: this reads everybody's processes and needs root; run it with sudo");
            return ExitCodes.Failed;
        }
        if (parse.GetValue(s_applied))
            return await ServeAsync();
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var settings = RecorderSettings.Of(roster, HostPaths.Live, ProcessRunner.Default);
        if (parse.GetValue(s_state) is { } folder)
            settings = settings with
            {
                RingFile = Path.Join(Path.GetFullPath(folder), "ring"),
                IncidentFile = Path.Join(Path.GetFullPath(folder), "incidents.db"),
            };
        if (parse.GetValue(s_samples) is > 0 and var samples)
            return Measure(settings, samples);
        await UntilToldAsync(new Recorder(HostPaths.Live, settings, TimeProvider.System, Console.Out.WriteLine));
        return ExitCodes.Ok;
    }

    /// <summary>As a service: goes by what was applied, and shows the service manager that it turns.</summary>
    private static async Task<int> ServeAsync()
    {
        var watch = new ConfigWatch(HostPaths.Live, Console.Out.WriteLine);
        await UntilToldAsync(
            new Recorder(
                HostPaths.Live,
                watch.News() ?? new RecorderSettings([]),
                TimeProvider.System,
                Console.Out.WriteLine
            )
            {
                News = watch.News,
                Alive = (
                    () => ServiceManager.Tell("READY=1"),
                    () => ServiceManager.Tell("WATCHDOG=1"),
                    ServiceManager.Watchdog() / 3 ?? TimeSpan.FromMinutes(1)
                ),
            }
        );
        return ExitCodes.Ok;
    }

    private static async Task UntilToldAsync(Recorder recorder)
    {
        using var stop = new CancellationTokenSource();
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await recorder.RunAsync(stop.Token);
    }

    private static int Measure(RecorderSettings settings, int samples)
    {
        var table = new ProcessTable();
        var map = new SurfaceMap(settings.Users, settings.Containers);
        using var sampler = new Sampler(HostPaths.Live, settings, map, table);
        using var ring = Ring.Open(HostPaths.Live[settings.RingFile], 0, 8);
        void Once(int at)
        {
            sampler.Sample(at * 5000L);
            ring.Write(
                at * 5000L,
                [.. sampler.Surfaces.Select(surface => (surface.Surface, surface.Last))],
                table.Living
            );
        }
        sampler.FindSurfaces();
        // The first ones open files and read who everybody is.
        for (var i = 0; i < 3; i++)
            Once(i);
        var (cpu, garbage) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
        for (var i = 0; i < samples; i++)
            Once(i + 3);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        garbage = GC.GetTotalAllocatedBytes(precise: true) - garbage;
        using var self = Process.GetCurrentProcess();
        Console.Out.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"processes {table.Living.Count} surfaces {sampler.Surfaces.Count} cpu-ms {cpu.TotalMilliseconds / samples:0.00} garbage-bytes {garbage / samples} rss-mb {self.WorkingSet64 / 1048576.0:0.0}"
            )
        );
        return ExitCodes.Ok;
    }
}
