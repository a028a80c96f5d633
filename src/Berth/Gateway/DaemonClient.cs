using System.Net.Sockets;
using Berth.Control;
using Berth.Host;

namespace Berth.Gateway;

/// <summary>Asks <c>berth daemon</c>, over the control socket, for what only root may read or run.</summary>
/// <param name="path">The socket.</param>
/// <param name="clock">The clock.</param>
internal sealed class DaemonClient(string path, TimeProvider clock) : IPairingSource
{
    private const int LongestNote = 500;
    private static readonly TimeSpan s_quick = TimeSpan.FromSeconds(5);

    /// <summary>A little more than the daemon gives itself.</summary>
    private static readonly TimeSpan s_slow = ServerMint.Patience + TimeSpan.FromSeconds(5);

    /// <summary>Who must have opened the socket.</summary>
    public uint Owner { get; init; }

    public Task<string> SecretAsync(Route route, string variable, CancellationToken stop) =>
        AskAsync(new ControlRequest("secret", route.User, variable), s_quick, stop);

    public Task<string> MintAsync(Route route, MintKind kind, CancellationToken stop) =>
        AskAsync(new ControlRequest("mint", route.User, Kind: kind), s_slow, stop);

    /// <summary>Has it written down that a server answered what Berth does not know. Nobody waits for it, and nothing
    /// depends on it: the gateway's own journal has said it already.</summary>
    public void TellDrift(string user, string note) =>
        _ = Task.Run(async () =>
        {
            try
            {
                await AskAsync(
                    new ControlRequest("drift", user, Note: note[..Math.Min(note.Length, LongestNote)]),
                    s_quick,
                    CancellationToken.None
                );
            }
            catch (PairingException)
            {
                // The daemon is away.
            }
        });

    private async Task<string> AskAsync(ControlRequest request, TimeSpan patience, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            if (PeerCredential.Uid(socket) != Owner)
                throw new PairingException($"{path} was not opened by root: nothing is asked there");
            await ControlLine.WriteAsync(socket, request.ToLine(), s_quick, clock, stop);
            var line = await ControlLine.ReadAsync(socket, ControlAnswer.Largest, patience, clock, stop);
            var answer = line is null ? null : ControlAnswer.Parse(line);
            return answer?.Value
                ?? throw new PairingException(answer?.Error ?? "the daemon ended in the middle of an answer");
        }
        catch (SocketException failure)
        {
            throw new PairingException(
                $"the daemon does not answer ({failure.SocketErrorCode}); see 'systemctl status berth'"
            );
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new PairingException("the daemon does not answer in time; see 'systemctl status berth'");
        }
    }
}
