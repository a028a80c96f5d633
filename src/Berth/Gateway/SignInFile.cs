using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>Where sign-ins are kept, so that they outlast a restart: a folder of the gateway's own, with the key that
/// cookies are signed with, and the book of who is signed in.</summary>
/// <param name="folder">Made, for its owner alone, where it is not there.</param>
internal sealed class SignInFile(string folder, Action<string> say)
{
    private const int Folder = 0x1C0; // 0700
    private const int Private = 0x180; // 0600

    /// <summary>A book of 10,000 people with some browsers each has some 20 MB.</summary>
    private const int Largest = 256 << 20;

    private readonly Files _files = new(HostPaths.Live);
    private readonly string _book = Path.Join(folder, "sign-ins.json");
    private readonly string _key = Path.Join(folder, "sign-in.key");

    /// <summary>The key as it is kept; made new where there is none. A new one ends every sign-in.</summary>
    public byte[] Key()
    {
        _files.MakeFolders(folder, Folder);
        if (Bytes(_key, SignInCookie.KeySize) is { Length: SignInCookie.KeySize } kept)
            return kept;
        if (_files.Exists(_key))
            Aside(_key, "is no key");
        var made = RandomNumberGenerator.GetBytes(SignInCookie.KeySize);
        _files.WriteState(_key, made, Private);
        return made;
    }

    /// <summary>The book as it is kept. One that cannot be read is kept aside: everybody signs in anew.</summary>
    public SignInBook Read()
    {
        if (Bytes(_book, Largest) is not { } bytes)
            return SignInBook.Empty;
        try
        {
            return SignInBook.Parse(Encoding.UTF8.GetString(bytes));
        }
        catch (JsonException)
        {
            Aside(_book, "cannot be read");
            return SignInBook.Empty;
        }
    }

    /// <exception cref="IOException">It could not be saved; what was there before is still there.</exception>
    public void Save(SignInBook book) => _files.WriteState(_book, Encoding.UTF8.GetBytes(book.ToJson()), Private);

    private static byte[]? Bytes(string path, int limit)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return stream.Length <= limit ? ReadAll(stream) : [];
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static byte[] ReadAll(FileStream stream)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private void Aside(string path, string why)
    {
        File.Move(path, path + ".damaged", overwrite: true);
        say($"sign-in: {path} {why}; it was kept as {path}.damaged, and everybody signs in anew");
    }
}
