using System.Security.Cryptography;
using System.Text;

namespace Berth.Gateway;

/// <summary>What the proxy in front shows with every request so that its word counts. Only its hash is kept.</summary>
internal sealed class SharedSecret
{
    /// <summary>A shorter one could be guessed.</summary>
    public const int Shortest = 16;

    private const int Longest = 4096;

    private readonly string _path;
    private readonly string _what;
    private readonly FollowedFile _file;
    private readonly Action<string> _say;
    private volatile byte[] _hash;
    private bool _isBroken;

    /// <param name="path">A file with the secret in one line.</param>
    /// <param name="what">What it is for, in a message.</param>
    /// <param name="say">Where one line goes when the file becomes unreadable, or readable again.</param>
    /// <exception cref="InvalidDataException">It holds no secret to go by.</exception>
    public SharedSecret(string path, Action<string> say, string what = "identity")
    {
        _what = what;
        _path = path;
        _say = say;
        _file = new FollowedFile(path, Longest);
        try
        {
            _hash = Read() ?? [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{what}: the secret in {path} cannot be used: {failure.Message}", failure);
        }
    }

    /// <summary>Takes the file's new secret, if it has one; else the one before stays.</summary>
    public void Refresh()
    {
        try
        {
            if (Read() is { } hash)
                _hash = hash;
            if (_isBroken)
                _say($"{_what}: the secret in {_path} is read again");
            _isBroken = false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (!_isBroken)
                _say($"{_what}: the secret in {_path}: {failure.Message}; the one from before stays");
            _isBroken = true;
        }
    }

    /// <summary>Compares hashes, in a time that tells nothing of the secret, nor of its length.</summary>
    public bool Is(string shown)
    {
        if (shown.Length > Longest)
            return false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(shown), hash);
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }

    private byte[]? Read()
    {
        if (_file.IfChanged() is not { } text)
            return null;
        var secret = text.TrimEnd('\n', '\r');
        return secret.Length >= Shortest
            ? SHA256.HashData(Encoding.UTF8.GetBytes(secret))
            : throw new IOException($"it has fewer than {Shortest} characters");
    }
}
