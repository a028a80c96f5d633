using System.CommandLine;
using Berth.Host;
using Berth.Metrics;

namespace Berth.Commands;

/// <summary><c>berth metrics</c>: what the recorder and the watchdog tell as numbers, as Prometheus reads it: for a host
/// without a gateway, whose node_exporter shows it as a text file.</summary>
public static class MetricsCommand
{
    public static Command Create()
    {
        var command = new Command("metrics", "The recorder's numbers, as Prometheus reads them");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        if (Native.EffectiveUser() != 0)
        {
            Console.Error.WriteLine("berth: this shows everybody's numbers and needs root; run it with sudo");
            return ExitCodes.Failed;
        }
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var pages = new MetricFiles(HostPaths.Live).Read().Where(page => page.IsFresh(now)).ToList();
        if (pages.Count == 0)
        {
            Console.Error.WriteLine(
                "berth: nobody has told numbers within the last minute; see 'systemctl status berth-recorder'"
            );
            return ExitCodes.Failed;
        }
        var text = new MetricWriter();
        MetricPage.Join(text, pages.SelectMany(page => page.Samples));
        using var output = Console.OpenStandardOutput();
        output.Write(text.Written);
        return ExitCodes.Ok;
    }
}
