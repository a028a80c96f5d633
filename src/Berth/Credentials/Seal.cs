using System.Text;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>Files of root's whose content is encrypted by systemd-creds where the host has it, else readable by root
/// alone. The name is bound into the encryption: one person's file in the place of another's does not open.</summary>
/// <param name="folder">Where, below a folder that only root writes.</param>
/// <param name="name">The name that is bound in, by person.</param>
public sealed class Seal(HostPaths paths, Files files, ProcessRunner run, string folder, Func<string, string> name)
{
    private const int RootOnly = 0x180; // 0600
    private const int RootFolder = 0x1C0; // 0700

    /// <summary>Whether it encrypts: systemd-creds is there and this is the running host.</summary>
    public static bool Encrypts(HostPaths paths) => paths.IsLive && File.Exists("/usr/bin/systemd-creds");

    /// <summary>Changes whenever the person's file does: every write makes a new one. Null where there is none.</summary>
    public string? Stamp(string user) => files.Stamp(Closed(user)) ?? files.Stamp(Open(user));

    /// <returns>The content; null where there is none.</returns>
    /// <exception cref="InvalidDataException">It does not open on this host.</exception>
    public string? Read(string user)
    {
        if (files.Text(Closed(user)) is not { } text)
            return files.Text(Open(user));
        var outcome = run.Run("systemd-creds", ["decrypt", $"--name={name(user)}", "-", "-"], text);
        return outcome.Ok
            ? outcome.Stdout
            // What it said may hold a piece of what it read: not repeated.
            : throw new InvalidDataException($"systemd-creds cannot decrypt {Closed(user)} on this host");
    }

    /// <exception cref="IOException">Not written; what was there stands.</exception>
    public void Write(string user, string content)
    {
        files.MakeFolders(folder, RootFolder);
        if (!Encrypts(paths))
        {
            files.WriteState(Open(user), Encoding.UTF8.GetBytes(content), RootOnly);
            return;
        }
        var outcome = run.Run("systemd-creds", ["encrypt", $"--name={name(user)}", "-", "-"], content);
        if (!outcome.Ok)
            throw new IOException($"cannot encrypt {Closed(user)}: {outcome.Said}");
        files.WriteState(Closed(user), Encoding.UTF8.GetBytes(outcome.Stdout), RootOnly);
        files.Remove(Open(user));
    }

    public void Remove(string user)
    {
        if (!Directory.Exists(paths[folder]))
            return;
        files.Remove(Closed(user));
        files.Remove(Open(user));
    }

    private string Closed(string user) => $"{folder}/{user}.cred";

    private string Open(string user) => $"{folder}/{user}.json";
}
