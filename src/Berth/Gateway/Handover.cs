using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Berth.Gateway;

/// <summary>Lets a connection outlive the HTTP on it: once it has become a WebSocket, everything that Kestrel kept for
/// the request goes, and the connection itself is carried on. Ten thousand idle ones then cost a third.</summary>
internal sealed class Handover : IDuplexPipe, IConnectionHeartbeatFeature
{
    /// <summary>How long a client may take to read the last bytes.</summary>
    private static readonly TimeSpan s_last = TimeSpan.FromSeconds(10);
    private readonly ConnectionContext _connection;
    private readonly IDuplexPipe _transport;
    private Beat? _beat;

    private Handover(ConnectionContext connection)
    {
        _connection = connection;
        _transport = connection.Transport;
        Input = new KeptReader(_transport.Input);
        Output = new KeptWriter(_transport.Output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>What is to be carried when HTTP is done with the connection; null for nothing.</summary>
    public Ride? Ride { get; set; }

    /// <param name="builder">The endpoint's connections.</param>
    /// <param name="carry">Carries a WebSocket until it is over.</param>
    public static void Use(IConnectionBuilder builder, Func<Ride, Task> carry) =>
        builder.Use(next => connection => RunAsync(connection, next, carry));

    /// <summary>The connection as a WebSocket's client.</summary>
    public SocketPump Pump(System.Net.Sockets.Socket server) =>
        new(_transport.Input, _transport.Output, server, _connection.Abort);

    /// <summary>Kestrel's timer for a connection holds on to all of it: it goes with HTTP.</summary>
    public void OnHeartbeat(Action<object> action, object state)
    {
        if (_beat is not null || _connection.Features.Get<Inner>()?.Heartbeat is not { } heartbeat)
            return;
        _beat = new Beat(action, state);
        heartbeat.OnHeartbeat(beat => ((Beat)beat).Pass(), _beat);
    }

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, Func<Ride, Task> carry)
    {
        if (await HttpAsync(connection, next) is not { } ride)
            return;
        await carry(ride);
        _ = EndAsync(connection);
    }

    private static async Task<Ride?> HttpAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handover = new Handover(connection);
        var heartbeat = connection.Features.Get<IConnectionHeartbeatFeature>();
        connection.Features.Set(handover);
        connection.Features.Set(new Inner(heartbeat));
        connection.Features.Set<IConnectionHeartbeatFeature>(handover);
        connection.Transport = handover;
        try
        {
            await next(connection);
        }
        finally
        {
            handover._beat?.End();
            connection.Transport = handover._transport;
            connection.Features.Set(heartbeat);
            connection.Features.Set<Inner>(null);
            connection.Features.Set<Handover>(null);
        }
        return handover.Ride;
    }

    private static async Task EndAsync(ConnectionContext connection)
    {
        await Task.Delay(s_last);
        connection.Abort();
    }

    private sealed record Inner(IConnectionHeartbeatFeature? Heartbeat);

    private sealed class Beat(Action<object> action, object state)
    {
        private object? _state = state;

        public void Pass()
        {
            if (_state is { } alive)
                action(alive);
        }

        public void End() => _state = null;
    }

    /// <summary>HTTP reads, and does not end, the connection.</summary>
    private sealed class KeptReader(PipeReader inner) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) { }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            inner.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);
    }

    /// <summary>HTTP writes, and does not end, the connection.</summary>
    private sealed class KeptWriter(PipeWriter inner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) { }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
