using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>The gateway's certificate and key, from two files in PEM. Both are read again when one of them changed; what
/// cannot be used leaves the old ones in place, and says so.</summary>
internal sealed class Certificates
{
    private readonly string _certificate;
    private readonly string _key;
    private readonly TimeProvider _clock;
    private readonly Action<string> _log;
    private readonly Lock _lock = new();
    private long _looked;
    private (ulong, long, uint, ulong, long, uint) _stamp;
    private SslServerAuthenticationOptions _options;

    /// <exception cref="InvalidDataException">They cannot be used.</exception>
    public Certificates(string certificate, string key, TimeProvider clock, Action<string> log)
    {
        (_certificate, _key, _clock, _log) = (certificate, key, clock, log);
        _stamp = Stamp();
        _options = Load();
        _looked = clock.GetTimestamp();
    }

    /// <summary>Whether a certificate and a key are a pair that can be used.</summary>
    /// <returns>Null when they are, else why not.</returns>
    public static string? Fault(string certificate, string key)
    {
        try
        {
            _ = new Certificates(certificate, key, TimeProvider.System, _ => { });
            return null;
        }
        catch (InvalidDataException wrong)
        {
            return wrong.Message;
        }
    }

    /// <summary>What the next handshake uses. Looks at the files at most once a second.</summary>
    public SslServerAuthenticationOptions Options()
    {
        lock (_lock)
        {
            if (_clock.GetElapsedTime(_looked) < TimeSpan.FromSeconds(1))
                return _options;
            _looked = _clock.GetTimestamp();
            var stamp = Stamp();
            if (stamp == _stamp)
                return _options;
            _stamp = stamp;
            try
            {
                _options = Load();
                _log("took up the changed certificate");
            }
            catch (InvalidDataException wrong)
            {
                _log($"{wrong.Message}; the old certificate stays in use");
            }
            return _options;
        }
    }

    private (ulong, long, uint, ulong, long, uint) Stamp()
    {
        // A link is replaced, or what it points to is: the content is what counts, so links are followed by opening.
        var certificate = Of(_certificate);
        var key = Of(_key);
        return (
            certificate.Inode,
            certificate.ChangedSeconds,
            certificate.ChangedNanoseconds,
            key.Inode,
            key.ChangedSeconds,
            key.ChangedNanoseconds
        );
    }

    private static Native.Stat Of(string path)
    {
        var descriptor = Native.Open(path, Native.ReadOnly | Native.CloseOnExec, 0);
        if (descriptor < 0)
            return default;
        Native.StatDescriptor(descriptor, out var stat);
        _ = Native.Close(descriptor);
        return stat;
    }

    private SslServerAuthenticationOptions Load()
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(_certificate);
            var leaf = X509Certificate2.CreateFromPemFile(_certificate, _key);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
                ClientCertificateRequired = false,
                AllowRenegotiation = false,
            };
        }
        catch (Exception wrong)
            when (wrong is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The reason never holds a part of the key.
            throw new InvalidDataException(
                $"certificate {_certificate} and key {_key} cannot be used: {wrong.Message}",
                wrong
            );
        }
    }
}
