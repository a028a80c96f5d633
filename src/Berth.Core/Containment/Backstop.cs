using Berth.Rosters;
using Berth.Units;

namespace Berth.Containment;

/// <summary>The box-wide backstop: earlyoom, which acts when the reserve itself is being eaten. It is started with
/// arguments of ours in a drop-in, so that the package's own file stays as it was.</summary>
public static class Backstop
{
    public const string Service = "earlyoom.service";

    public static string Path => $"{ServerUnits.SystemFolder}/{Service}.d/{ServerUnits.DropIn}";

    /// <summary>earlyoom's arguments. It looks at memory alone (<c>-s 100,100</c>: no amount of free swap holds it back), asks at
    /// half of the reserve and kills at a quarter, and goes by resident memory, because names lie and
    /// <c>oom_score_adj</c> makes small agents look bigger than a large hog (facts: containment).</summary>
    /// <param name="reserve">The reserve in bytes.</param>
    /// <param name="sortsByRss">Whether this earlyoom knows <c>--sort-by-rss</c> (1.8).</param>
    public static IReadOnlyList<string> Arguments(long reserve, bool sortsByRss)
    {
        var arguments = new List<string>
        {
            "-r",
            "3600",
            "-M",
            $"{reserve / 2048},{reserve / 4096}",
            "-s",
            "100,100",
            "-p",
        };
        if (sortsByRss)
            arguments.Add("--sort-by-rss");
        return arguments;
    }

    public static string DropIn(long reserve, bool sortsByRss) =>
        new UnitText()
            .Section("Service")
            .Set("ExecStart", "")
            .Set("ExecStart", "/usr/bin/earlyoom " + string.Join(' ', Arguments(reserve, sortsByRss)))
            .ToString();
}
