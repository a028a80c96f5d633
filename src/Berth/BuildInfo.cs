using System.Reflection;

namespace Berth;

/// <summary>What this binary is.</summary>
public static class BuildInfo
{
    /// <summary>The version of Directory.Build.props.</summary>
    public static string Version { get; } =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";
}
