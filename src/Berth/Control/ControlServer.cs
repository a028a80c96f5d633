using System.Net.Sockets;
using System.Text;
using Berth.Gateway;

namespace Berth.Control;

/// <summary>The daemon's end of the control socket: one line in, one line out, and the connection ends. Everybody may
/// connect; whoever is not meant is told so before a byte of theirs is read.</summary>
/// <param name="listener">Bound and listening.</param>
/// <param name="peer">The kernel's word of who is at the other end.</param>
/// <param name="admits">Whose requests are heard.</param>
/// <param name="answer">The answer to one line; it bounds its own time.</param>
/// <param name="clock">The clock.</param>
internal sealed class ControlServer(
    Socket listener,
    Func<Socket, uint?> peer,
    Func<uint, bool> admits,
    Func<string, CancellationToken, Task<ControlAnswer>> answer,
    TimeProvider clock
) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private const int MostAtOnce = 32;
    private readonly SemaphoreSlim _room = new(MostAtOnce);

    /// <summary>Takes connections until told to end.</summary>
    /// <param name="beat">Called now and then by the very loop that takes connections: a proof that it turns.</param>
    /// <param name="every">How often.</param>
    public async Task RunAsync(Action beat, TimeSpan every, CancellationToken stop)
    {
        var last = clock.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var accepting = listener.AcceptAsync(stop).AsTask();
            while (!accepting.IsCompleted && !stop.IsCancellationRequested)
            {
                await Task.WhenAny(accepting, Task.Delay(every, clock, stop));
                if (clock.GetElapsedTime(last) < every)
                    continue;
                beat();
                last = clock.GetTimestamp();
            }
            try
            {
                Serve(await accepting, stop);
            }
            catch (SocketException)
            {
                // Whoever connected was gone again, or there are no descriptors for the moment.
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, stop);
            }
        }
    }

    public void Dispose() => _room.Dispose();

    private void Serve(Socket connection, CancellationToken stop)
    {
        if (peer(connection) is not { } uid || !admits(uid))
            Dismiss(connection, "this socket is for the gateway and for root");
        else if (!_room.Wait(0, CancellationToken.None))
            Dismiss(connection, "too many requests at once");
        else
            _ = Task.Run(() => ConverseAsync(connection, stop), CancellationToken.None);
    }

    private static void Dismiss(Socket connection, string why)
    {
        using (connection)
        {
            try
            {
                connection.Blocking = false;
                connection.Send(Encoding.UTF8.GetBytes(new ControlAnswer(Error: why).ToLine()));
            }
            catch (SocketException)
            {
                // It did not wait for it.
            }
        }
    }

    private async Task ConverseAsync(Socket connection, CancellationToken stop)
    {
        using var held = connection;
        try
        {
            var line = await ControlLine.ReadAsync(connection, ControlRequest.Largest, s_patience, clock, stop);
            var said = line is null ? new ControlAnswer(Error: "that is no request") : await answer(line, stop);
            await ControlLine.WriteAsync(connection, said.ToLine(), s_patience, clock, stop);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // Whoever asked has gone away, or takes too long.
        }
        finally
        {
            _room.Release();
        }
    }
}
