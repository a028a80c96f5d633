using System.Text;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>Puts tokens where their owners' processes find them: below <c>/run</c>, so that nothing stands on disk in
/// the clear, in folders that are root's alone, so that nobody can put a link, a FIFO or another's file in the
/// way.</summary>
public sealed class Deliveries(HostPaths paths, Files files)
{
    private const int RootOnly = 0x180; // 0600
    private const int OwnerReads = 0x100; // 0400

    /// <summary>Writes the unit's copy and the person's.</summary>
    /// <exception cref="IOException">Not written; what was delivered before stands.</exception>
    public void Deliver(string user, int uid, string token, int generation)
    {
        Prepare();
        var content = Encoding.ASCII.GetBytes(TokenFile.Render(token, generation));
        files.WriteState(TokenFile.UserPath(user), content, OwnerReads, uid);
        files.WriteState(TokenFile.UnitPath(user), content, RootOnly);
    }

    public void Withdraw(string user)
    {
        files.Remove(TokenFile.UnitPath(user));
        files.Remove(TokenFile.UserPath(user));
    }

    /// <summary>Fingerprint of what stands delivered; null for nothing, or when the two copies are not both whole and
    /// the same.</summary>
    public string? Fingerprint(string user, int uid)
    {
        if (files.Text(TokenFile.UnitPath(user)) is not { } unit || files.Text(TokenFile.UserPath(user)) is not { } own)
            return files.Exists(TokenFile.UnitPath(user)) || files.Exists(TokenFile.UserPath(user)) ? "partial" : null;
        if (unit != own || TokenFile.Parse(unit) is not { } parsed)
            return "damaged";
        return
            Native.StatPath(paths[TokenFile.UserPath(user)], out var stat) && stat.Uid == uid && stat.Mode == OwnerReads
            ? TokenText.Fingerprint(parsed.Token)
            : "damaged";
    }

    /// <summary>People for whom something is delivered.</summary>
    public IReadOnlyList<string> Owners()
    {
        var folder = paths[$"{TokenFile.Folder}/units"];
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.env").Select(file => Path.GetFileNameWithoutExtension(file))]
            : [];
    }

    private void Prepare()
    {
        // A person's own file is reached by name; which names there are is nobody's business.
        // mkdir(2) takes the umask off: the mode is said again.
        files.MakeFolders($"{TokenFile.Folder}/units", 0x1C0);
        File.SetUnixFileMode(paths[TokenFile.Folder], (UnixFileMode)0x1C9); // 0711
        File.SetUnixFileMode(paths[$"{TokenFile.Folder}/units"], (UnixFileMode)0x1C0); // 0700
    }
}
