using System.Runtime.InteropServices;

namespace Berth.Doubles;

/// <summary>Anonymous memory straight from the kernel, outside of the garbage collector.</summary>
internal static unsafe partial class Memory
{
    private const int Page = 4096;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint at, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint at, nint length);

    [LibraryImport("libc", EntryPoint = "getuid")]
    public static partial uint User();

    /// <summary>Maps so many bytes and touches every page.</summary>
    public static nint Take(nint bytes)
    {
        var at = Map(0, bytes, 3, 0x22, -1, 0); // PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS
        if (at == -1)
            throw new InvalidOperationException("mmap failed");
        for (nint offset = 0; offset < bytes; offset += Page)
            *(byte*)(at + offset) = 1;
        return at;
    }

    public static void Free(nint at, nint bytes) => _ = Unmap(at, bytes);
}
