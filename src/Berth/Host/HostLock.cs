namespace Berth.Host;

/// <summary>One change of the host at a time: an exclusive flock(2) on <c>/run/berth/lock</c>, gone with the process
/// however it ends.</summary>
public sealed class HostLock : IDisposable
{
    private const string Path = "/run/berth/lock";
    private readonly int _descriptor;

    private HostLock(int descriptor) => _descriptor = descriptor;

    /// <returns>Null when another process holds it.</returns>
    public static HostLock? TryTake(HostPaths paths)
    {
        Directory.CreateDirectory(paths["/run/berth"]);
        var flags = Native.ReadWrite | Native.Create | Native.NoFollow | Native.CloseOnExec;
        var descriptor = Native.Open(paths[Path], flags, 0x180);
        if (descriptor < 0)
            throw Native.Failure("open", Path);
        const int exclusiveNow = 2 | 4; // LOCK_EX | LOCK_NB
        if (Native.Lock(descriptor, exclusiveNow) == 0)
            return new HostLock(descriptor);
        _ = Native.Close(descriptor);
        return null;
    }

    public void Dispose() => _ = Native.Close(_descriptor);
}
