namespace Berth.Host;

/// <summary>One change of the host at a time: an exclusive flock(2) on <c>/run/berth/lock</c>, gone with the process
/// however it ends.</summary>
public sealed class HostLock : IDisposable
{
    public const string Path = "/run/berth/lock";
    private readonly int _descriptor;

    private HostLock(int descriptor) => _descriptor = descriptor;

    /// <summary>The lock of those who deliver tokens: a server that apply starts has its token delivered first, while
    /// apply holds the other.</summary>
    public const string Tokens = "/run/berth/tokens.lock";

    /// <summary>Waits for a lock for a while.</summary>
    /// <returns>Null when another process held it all the time.</returns>
    public static HostLock? Take(HostPaths paths, string path, TimeSpan patience)
    {
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); ; Thread.Sleep(50))
        {
            if (TryTake(paths, path) is { } held)
                return held;
            if (clock.Elapsed > patience)
                return null;
        }
    }

    /// <returns>Null when another process holds it.</returns>
    public static HostLock? TryTake(HostPaths paths, string path = Path)
    {
        Directory.CreateDirectory(paths["/run/berth"]);
        var flags = Native.ReadWrite | Native.Create | Native.NoFollow | Native.CloseOnExec;
        var descriptor = Native.Open(paths[path], flags, 0x180);
        if (descriptor < 0)
            throw Native.Failure("open", path);
        const int exclusiveNow = 2 | 4; // LOCK_EX | LOCK_NB
        if (Native.Lock(descriptor, exclusiveNow) == 0)
            return new HostLock(descriptor);
        _ = Native.Close(descriptor);
        return null;
    }

    public void Dispose() => _ = Native.Close(_descriptor);
}
