using Berth.Host;

namespace Berth.Credentials;

/// <summary>The caller's own delivered token. No privilege and no running service is needed for it.</summary>
public static class OwnToken
{
    private const int Largest = 4096;

    /// <returns>Null when none is delivered, or when what is there is not the caller's own or not exactly right.</returns>
    public static (string Token, int Generation)? Read(HostPaths paths, string user)
    {
        var path = TokenFile.UserPath(user);
        return
            Native.StatPath(paths[path], out var stat)
            && stat.Uid == Native.EffectiveUser()
            && new Files(paths).Untrusted(path, Largest) is { } text
            ? TokenFile.Parse(text)
            : null;
    }
}
