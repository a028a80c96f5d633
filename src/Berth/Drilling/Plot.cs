using System.Reflection;

namespace Berth.Drilling;

/// <summary>uPlot, which draws a report's curves: pinned in web/, part of the binary since it was built.</summary>
public static class Plot
{
    public static string Script => Resource("uplot.js");

    public static string Style => Resource("uplot.css");

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
