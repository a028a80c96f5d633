using Berth.Servers;

namespace Berth.Embedded;

/// <summary>The log of one server: readable by its owner alone, one older file kept, secrets that servers print at
/// start left out.</summary>
internal sealed class LogFile : IDisposable
{
    private const long MaxBytes = 4 << 20;
    private readonly Lock _lock = new();
    private readonly string _path;
    private StreamWriter _writer;

    public LogFile(string path)
    {
        _path = path;
        _writer = Open();
    }

    public void Line(string? text)
    {
        if (text is null)
            return;
        lock (_lock)
        {
            if (_writer.BaseStream.Length > MaxBytes)
            {
                _writer.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _writer = Open();
            }
            _writer.WriteLine(Redaction.Line(text));
        }
    }

    public void Dispose() => _writer.Dispose();

    private StreamWriter Open() =>
        new(
            new FileStream(
                _path,
                new FileStreamOptions
                {
                    Mode = FileMode.Append,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        {
            AutoFlush = true,
        };
}
