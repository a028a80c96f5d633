using System.Runtime.InteropServices;

namespace Berth.Host;

/// <summary>The system calls of a program that waits for many things and reads small files very often.</summary>
internal static partial class Native
{
    public const short Readable = 1; // POLLIN
    public const short Urgent = 2; // POLLPRI: a pressure trigger has fired, a cgroup's file has changed
    public const int DontWait = 0x40; // MSG_DONTWAIT
    public const int Interrupted = 4; // EINTR
    public const int BrokenPipe = 32; // EPIPE
    public const int TooSmall = 22; // EINVAL

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Waiting
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<Waiting> waiting, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(int descriptor, Span<byte> buffer, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(int descriptor, ReadOnlySpan<byte> buffer, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(int descriptor);

    public const int NoTerminal = 0x100; // O_NOCTTY

    /// <summary>struct statvfs of statvfs(3) on 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileSystemSpace
    {
        public ulong BlockSize;
        public ulong Fragment;
        public ulong Blocks;
        public ulong Free;
        public ulong Available;
        public ulong Files;
        public ulong FreeFiles;
        public ulong AvailableFiles;
        private readonly ulong _id;
        private readonly ulong _flags;
        private readonly ulong _longestName;
        private readonly ulong _spare0;
        private readonly ulong _spare1;
        private readonly ulong _spare2;
    }

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Space(string path, out FileSystemSpace space);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAttribute(string path, string name, ReadOnlySpan<byte> value, nint size, int flags);

    /// <summary>Gives a file its blocks, so that a full disk cannot take them later.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    public static partial int Allocate(int descriptor, long offset, long length);
}
