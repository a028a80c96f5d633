using System.Text;

namespace Berth.Gateway;

/// <summary>Lines for a reader that may be slow, written in the background. Nobody ever waits for it: when too much is
/// left to write, lines are left out, and a line says how many.</summary>
/// <param name="to">Where they go; stays the caller's.</param>
internal sealed class LineWriter : IAsyncDisposable
{
    private const int Capacity = 1 << 20;

    /// <summary>What comes within a moment is written at once.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly Stream _to;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Task _writing;
    private byte[] _filling = new byte[16 << 10];
    private byte[] _spare = new byte[16 << 10];
    private int _length;
    private long _left;
    private bool _ended;

    public LineWriter(Stream to)
    {
        _to = to;
        _writing = Task.Run(WriteAsync);
    }

    /// <param name="line">Without its end.</param>
    public void Write(string line) => Write(Encoding.UTF8.GetBytes(line + "\n"));

    /// <param name="line">With its end.</param>
    public void Write(ReadOnlySpan<byte> line)
    {
        bool wasEmpty;
        lock (_lock)
        {
            wasEmpty = _length == 0;
            if (_length + line.Length > Capacity)
            {
                _left++;
                return;
            }
            if (_length + line.Length > _filling.Length)
                Array.Resize(ref _filling, Math.Min(Capacity, Math.Max(_filling.Length * 2, _length + line.Length)));
            line.CopyTo(_filling.AsSpan(_length));
            _length += line.Length;
        }
        if (wasEmpty)
            Wake();
    }

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _ended = true;
        Wake();
        await _writing;
        _wake.Dispose();
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake.
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            await _wake.WaitAsync();
            await Task.Delay(s_moment);
            int length;
            long left;
            bool ended;
            lock (_lock)
            {
                (_filling, _spare) = (_spare, _filling);
                (length, _length) = (_length, 0);
                (left, _left) = (_left, 0);
                ended = _ended;
            }
            try
            {
                await _to.WriteAsync(_spare.AsMemory(0, length));
                if (left > 0)
                    await _to.WriteAsync(
                        Encoding.ASCII.GetBytes($"berth: {left} lines left out, the log is too slow\n")
                    );
                await _to.FlushAsync();
            }
            catch (IOException)
            {
                // Nobody reads it any more; requests go on.
            }
            if (ended)
                return;
        }
    }
}
