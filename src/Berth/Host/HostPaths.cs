namespace Berth.Host;

/// <summary>The roots of the operating system. Production uses <c>/</c>; <c>--root</c> and the tests pass another
/// folder, below which every absolute path is looked up.</summary>
/// <param name="Root">Folder that stands for <c>/</c>.</param>
public sealed record HostPaths(string Root)
{
    public static HostPaths Live { get; } = new("/");

    /// <summary>Whether this is the running host, and not an image or a test's folder.</summary>
    public bool IsLive => Root is "/";

    /// <summary>The real place of an absolute host path.</summary>
    public string this[string absolute] => IsLive ? absolute : Path.Join(Root, absolute);
}
