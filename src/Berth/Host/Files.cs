using System.IO.Hashing;
using System.Text;
using Berth.Planning;

namespace Berth.Host;

/// <summary>Reads and writes the host's files. Nothing half-written is ever visible: a new content is complete and on
/// disk before its name points to it. A link in the place of a file is never followed.</summary>
public sealed class Files(HostPaths paths)
{
    /// <summary>New contents are written here first, on the file system of /etc, so that a crash leaves its rest in
    /// one known folder and never beside a unit file.</summary>
    public const string Staging = "/etc/berth/.staging";

    private const int FolderMode = 0x1ED; // 0755
    private const int Private = 0x1C0; // 0700
    private const int Readable = 0x1A4; // 0644

    /// <summary>What stands at a path; null when nothing does.</summary>
    /// <exception cref="IOException">It exists and cannot be read.</exception>
    public FileFact? Fact(string path)
    {
        var real = paths[path];
        var descriptor = Native.Open(real, Native.ReadOnly | Native.NoFollow | Native.CloseOnExec | Native.NonBlock, 0);
        if (descriptor < 0)
        {
            if (Native.Error is Native.NotFound or Native.NotFolder)
                return null;
            if (!Native.StatPath(real, out var link))
                throw Native.Failure("read", path);
            if (!link.IsLink)
                // Exists and may not be read by this caller: a secret, seen without root.
                return new FileFact(link.IsFile ? FileKind.Text : null, "", link.Mode, (int)link.Uid, (int)link.Gid);
            return new FileFact(FileKind.Link, DesiredFile.HashOf(Target(real)), 0x1FF, (int)link.Uid);
        }
        try
        {
            if (!Native.StatDescriptor(descriptor, out var stat))
                throw Native.Failure("read", path);
            return stat.IsFile
                ? new FileFact(FileKind.Text, Hash(descriptor, path), stat.Mode, (int)stat.Uid, (int)stat.Gid)
                : new FileFact(null, "", stat.Mode, (int)stat.Uid);
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    /// <summary>The text of a regular file; null when there is nothing.</summary>
    public string? Text(string path)
    {
        try
        {
            return File.ReadAllText(paths[path]);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The text of a file in a folder that somebody else may rearrange: never follows a link, never waits for
    /// a FIFO, never reads a device or more than <paramref name="limit"/> bytes.</summary>
    /// <returns>Null when there is nothing that can be read so.</returns>
    public string? Untrusted(string path, int limit)
    {
        var flags = Native.ReadOnly | Native.NoFollow | Native.CloseOnExec | Native.NonBlock;
        var descriptor = Native.Open(paths[path], flags, 0);
        if (descriptor < 0)
            return null;
        try
        {
            if (!Native.StatDescriptor(descriptor, out var stat) || !stat.IsFile || stat.Size > (ulong)limit)
                return null;
            var buffer = new byte[Math.Min((ulong)limit, stat.Size + 1)];
            var length = 0;
            while (length < buffer.Length)
            {
                var count = Native.Read(descriptor, buffer.AsSpan(length), buffer.Length - length);
                if (count <= 0)
                    break;
                length += (int)count;
            }
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    /// <summary>Writes a file whole: temporary, fsync, rename, fsync of the folder. Parent folders are made.</summary>
    /// <param name="path">Where.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="group">Gid it is given to before it has its name; -1 for the caller's.</param>
    public void Write(string path, ReadOnlySpan<byte> content, int mode, int group = -1)
    {
        MakeFolders(Parent(path));
        Write(Stage(path), path, content, mode, group: group);
    }

    /// <summary>Writes a file of Berth's own state, whose folder may be on another file system than /etc: its
    /// temporary stands beside it, in a folder that only Berth writes.</summary>
    /// <param name="path">Where.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permission bits; by default everybody may read it.</param>
    /// <param name="owner">Uid it is given to before it has its name; -1 for the caller's.</param>
    /// <param name="group">The same for its gid.</param>
    public void WriteState(string path, ReadOnlySpan<byte> content, int mode = 0x1A4, int owner = -1, int group = -1)
    {
        MakeFolders(Parent(path));
        var temporary = paths[path] + ".new";
        _ = Native.Unlink(temporary);
        Write(temporary, path, content, mode, owner, group);
    }

    /// <summary>Writes a file where a person said, which may be in anybody's folder: nothing there is followed, opened or
    /// written into; what has the name is replaced whole.</summary>
    public void WriteFor(string path, string content) =>
        Write($"{paths[path]}.{Guid.NewGuid():N}", path, Encoding.UTF8.GetBytes(content), Readable);

    private void Write(
        string temporary,
        string path,
        ReadOnlySpan<byte> content,
        int mode,
        int owner = -1,
        int group = -1
    )
    {
        var descriptor = Native.Open(
            temporary,
            Native.WriteOnly | Native.Create | Native.Exclusive | Native.NoFollow | Native.CloseOnExec,
            0x180
        );
        if (descriptor < 0)
            throw Native.Failure("write", path);
        try
        {
            while (content.Length > 0)
            {
                var written = Native.Write(descriptor, content, content.Length);
                if (written < 0)
                    throw Native.Failure("write", path);
                content = content[(int)written..];
            }
            if (
                ((owner >= 0 || group >= 0) && Native.ChangeOwner(descriptor, (uint)owner, (uint)group) < 0)
                || Native.ChangeMode(descriptor, (uint)mode) < 0
                || Native.Sync(descriptor) < 0
            )
                throw Native.Failure("write", path);
        }
        catch
        {
            _ = Native.Unlink(temporary);
            throw;
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
        Publish(temporary, path);
    }

    public void Write(string path, string content, int mode, int group = -1) =>
        Write(path, Encoding.UTF8.GetBytes(content), mode, group);

    /// <summary>Makes a symbolic link, replacing what is there in one step.</summary>
    public void Link(string path, string target)
    {
        MakeFolders(Parent(path));
        var temporary = Stage(path);
        if (Native.Link(target, temporary) < 0)
            throw Native.Failure("link", path);
        Publish(temporary, path);
    }

    /// <summary>Removes a file or link; nothing there is success.</summary>
    public void Remove(string path)
    {
        if (Native.Unlink(paths[path]) < 0 && Native.Error is not (Native.NotFound or Native.NotFolder))
            throw Native.Failure("remove", path);
        SyncFolder(Parent(path));
    }

    /// <summary>Removes a folder if it is empty.</summary>
    public void RemoveIfEmpty(string folder)
    {
        if (
            Native.RemoveFolder(paths[folder]) < 0
            && Native.Error is not (Native.NotFound or Native.DirectoryNotEmpty or Native.Exists or Native.NotFolder)
        )
            throw Native.Failure("remove", folder);
    }

    /// <summary>Sweeps what a killed run left behind. Call it under the lock only.</summary>
    public void SweepStaging()
    {
        var folder = paths[Staging];
        if (!Directory.Exists(folder))
            return;
        foreach (var rest in Directory.EnumerateFileSystemEntries(folder))
            _ = Native.Unlink(rest);
    }

    public bool Exists(string path) => Native.StatPath(paths[path], out _);

    /// <summary>Names of the files in a folder; none where it is not there.</summary>
    public IEnumerable<string> Names(string folder) =>
        Directory.Exists(paths[folder]) ? Directory.EnumerateFiles(paths[folder]).Select(Name) : [];

    private static string Name(string path) => Path.GetFileName(path);

    /// <summary>Changes whenever the file does: every write makes a new one. Null where there is none.</summary>
    public string? Stamp(string path) =>
        Native.StatPath(paths[path], out var stat)
            ? $"{stat.Inode}-{stat.ChangedSeconds}.{stat.ChangedNanoseconds}"
            : null;

    public static string Parent(string path) => Path.GetDirectoryName(path) ?? "/";

    /// <summary>Folders on the way to a path that do not exist yet, outermost first.</summary>
    public IEnumerable<string> MissingFolders(string path)
    {
        var missing = new Stack<string>();
        for (var folder = Parent(path); folder.Length > 1 && !Directory.Exists(paths[folder]); folder = Parent(folder))
            missing.Push(folder);
        return missing;
    }

    public void MakeFolders(string folder, int mode = FolderMode)
    {
        foreach (var missing in MissingFolders(Path.Join(folder, "x")))
        {
            if (Native.MakeFolder(paths[missing], (uint)mode) < 0 && Native.Error is not Native.Exists)
                throw Native.Failure("make folder", missing);
        }
    }

    private string Stage(string path)
    {
        MakeFolders(Parent(Staging));
        MakeFolders(Staging, Private);
        var temporary = Path.Join(paths[Staging], path.Replace('/', '%')[^Math.Min(path.Length, 200)..]);
        // Under the lock: what stands there is the rest of a run that was killed.
        _ = Native.Unlink(temporary);
        return temporary;
    }

    private void Publish(string temporary, string path)
    {
        if (Native.Rename(temporary, paths[path]) < 0)
        {
            var failure =
                Native.Error is Native.CrossDevice
                    ? new IOException($"cannot write {path}: it is on another file system than {Staging}")
                    : Native.Failure("write", path);
            _ = Native.Unlink(temporary);
            throw failure;
        }
        SyncFolder(Parent(path));
    }

    private void SyncFolder(string folder)
    {
        var descriptor = Native.Open(paths[folder], Native.ReadOnly | Native.Directory | Native.CloseOnExec, 0);
        if (descriptor < 0)
            return;
        _ = Native.Sync(descriptor);
        _ = Native.Close(descriptor);
    }

    private static string Target(string real)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var length = Native.ReadLink(real, buffer, buffer.Length);
        return length < 0 ? "" : Encoding.UTF8.GetString(buffer[..(int)length]);
    }

    private static string Hash(int descriptor, string path)
    {
        Span<byte> buffer = stackalloc byte[8192];
        var hash = new XxHash128();
        while (true)
        {
            var count = Native.Read(descriptor, buffer, buffer.Length);
            if (count < 0)
                throw Native.Failure("read", path);
            if (count == 0)
                break;
            hash.Append(buffer[..(int)count]);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
