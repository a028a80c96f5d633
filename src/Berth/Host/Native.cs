using System.Runtime.InteropServices;

namespace Berth.Host;

/// <summary>The system calls that .NET has no public door to: O_NOFOLLOW, directory fsync, fchmod by descriptor.
/// Flags are those of Linux on x86-64 and arm64.</summary>
internal static partial class Native
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlock = 0x800;
    public const int CloseOnExec = 0x80000;

    // O_DIRECTORY and O_NOFOLLOW differ between the two architectures (asm/fcntl.h).
    public static readonly int Directory =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;
    public static readonly int NoFollow =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public const int NotFound = 2; // ENOENT
    public const int Exists = 17; // EEXIST
    public const int CrossDevice = 18; // EXDEV
    public const int NotFolder = 20; // ENOTDIR
    public const int TooManyLinks = 40; // ELOOP: the last component is a link and O_NOFOLLOW was asked
    public const int WouldBlock = 11; // EWOULDBLOCK
    public const int DirectoryNotEmpty = 39; // ENOTEMPTY

    private const int CurrentFolder = -100; // AT_FDCWD
    private const int SymbolicLinkNoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int descriptor, uint mode);

    /// <summary>Changes the owner of the path itself; all bits set leaves an id as it is.</summary>
    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(int descriptor, uint user, uint group);

    /// <summary>Replaces this process. Returns only when that failed.</summary>
    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string path, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "symlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string target, string path);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolder(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFolder(string path);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ReadLink(string path, Span<byte> buffer, nint size);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, in int value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, ReadOnlySpan<byte> buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, Span<byte> buffer, nint count, int flags);

    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int ChildSubreaper = 36; // PR_SET_CHILD_SUBREAPER

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int NewSession();

    /// <param name="pid">0 for this process.</param>
    [LibraryImport("libc", EntryPoint = "getsid", SetLastError = true)]
    public static partial int SessionOf(int pid);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out Stat stat);

    /// <summary>State of a path itself, never of what a link points to. False with errno set.</summary>
    public static bool StatPath(string path, out Stat stat) =>
        Statx(CurrentFolder, path, SymbolicLinkNoFollow, BasicStats, out stat) == 0;

    public static bool StatDescriptor(int descriptor, out Stat stat) =>
        Statx(descriptor, "", EmptyPath, BasicStats, out stat) == 0;

    public static int Error => Marshal.GetLastPInvokeError();

    public static string ErrorMessage => Marshal.GetPInvokeErrorMessage(Error);

    /// <summary>An exception that carries the path and the kernel's reason.</summary>
    public static IOException Failure(string what, string path) => new($"cannot {what} {path}: {ErrorMessage}");

    /// <summary>struct statx of statx(2), as far as it is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Stat
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort RawMode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        /// <summary>Seconds since 1970 of the last change of content or inode.</summary>
        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(128)]
        private readonly uint _ownMajor;

        [FieldOffset(136)]
        private readonly uint _deviceMajor;

        [FieldOffset(140)]
        private readonly uint _deviceMinor;

        /// <summary>The file system that it is on.</summary>
        public readonly ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

        /// <summary>A pseudo terminal.</summary>
        public readonly bool IsTerminalDevice => (RawMode & 0xF000) == 0x2000 && _ownMajor == 136;

        /// <summary>Another one when the file was written, replaced or changed.</summary>
        public readonly (ulong Inode, ulong Size, long Seconds, uint Nanoseconds) Stamp =>
            (Inode, Size, ChangedSeconds, ChangedNanoseconds);

        public readonly int Mode => RawMode & 0xFFF;
        public readonly bool IsFile => (RawMode & 0xF000) == 0x8000;
        public readonly bool IsFolder => (RawMode & 0xF000) == 0x4000;
        public readonly bool IsLink => (RawMode & 0xF000) == 0xA000;
    }
}
