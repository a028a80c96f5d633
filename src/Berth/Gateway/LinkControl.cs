using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Berth.Host;
using Berth.Rosters;

namespace Berth.Gateway;

/// <summary>The gateway's own control socket, for <c>berth link</c>: one line of JSON, one line back. Only root, or
/// whoever the gateway itself runs as, is answered.</summary>
/// <param name="desk">Null where people sign in in another way.</param>
/// <param name="kind">How people sign in.</param>
internal sealed class LinkControl(SignInDesk? desk, string kind, Action<string> say)
{
    public const string Path = "/run/berth-gateway-control.sock";

    private const int LongestLine = 4096;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Listens at a path of its own; whatever a process before left there goes.</summary>
    /// <param name="path">In a folder that only its owner may enter.</param>
    public static Socket Listen(string path)
    {
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen();
        return listener;
    }

    /// <summary>Answers until it is told to stop.</summary>
    /// <param name="listener">Bound and listening; the caller's.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Socket listener, CancellationToken stop)
    {
        var me = Native.EffectiveUser();
        while (await AcceptAsync(listener, stop) is { } accepted)
        {
            // One after another: who may come here has no reason to come often, and each has its time.
            using var caller = accepted;
            try
            {
                await AnswerAsync(caller, MayAsk(UidOf(caller), me), stop);
            }
            catch (Exception failure) when (failure is OperationCanceledException or SocketException or IOException)
            {
                // This caller is gone, or took too long.
            }
        }
    }

    public LinkAnswer Answer(LinkOrder order)
    {
        if (desk is null)
            return new LinkAnswer(
                $"people sign in by {kind} here: links are for 'identity: {{kind: link}}' in the roster"
            );
        try
        {
            return order.Verb switch
            {
                "issue" => Issue(desk, order),
                "list" => new LinkAnswer(Sessions: desk.List()),
                "revoke" => Revoke(desk, order.Who ?? ""),
                _ => new LinkAnswer("this gateway does not know that order: is it older than this 'berth'?"),
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new LinkAnswer($"{failure.Message}; nothing was changed");
        }
    }

    public static bool MayAsk(uint caller, uint me) => caller == 0 || caller == me;

    /// <summary>SO_PEERCRED (unix(7)): the uid is the one the caller connected with.</summary>
    public static uint UidOf(Socket caller)
    {
        Span<byte> credentials = stackalloc byte[12];
        const int socketLevel = 1;
        const int peerCredentials = 17;
        return caller.GetRawSocketOption(socketLevel, peerCredentials, credentials) == credentials.Length
            ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..])
            : uint.MaxValue;
    }

    /// <returns>Null when it is over.</returns>
    private static async Task<Socket?> AcceptAsync(Socket listener, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (SocketException)
            {
                // No descriptor left, perhaps: not asked for again at once.
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
    }

    private async Task AnswerAsync(Socket caller, bool isAllowed, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        LinkAnswer answer;
        try
        {
            var order = isAllowed ? LinkOrder.Parse(await LineAsync(caller, LongestLine, patience.Token)) : null;
            // It writes a file (EventLoops).
            answer = order is not null
                ? await Task.Run(() => Answer(order), patience.Token)
                : new LinkAnswer("only root, or whoever runs the gateway, may do this");
        }
        catch (JsonException)
        {
            answer = new LinkAnswer("that is no order");
        }
        var bytes = Encoding.UTF8.GetBytes(answer.ToLine() + "\n");
        for (var sent = 0; sent < bytes.Length; )
            sent += await caller.SendAsync(bytes.AsMemory(sent), patience.Token);
    }

    /// <summary>One line, or what there is of it at the end.</summary>
    public static async Task<string> LineAsync(Socket from, int limit, CancellationToken stop)
    {
        var buffer = new byte[LongestLine];
        using var line = new MemoryStream();
        while (line.Length < limit)
        {
            var count = await from.ReceiveAsync(buffer, stop);
            var end = buffer.AsSpan(0, count).IndexOf((byte)'\n');
            line.Write(buffer, 0, end < 0 ? count : end);
            if (count == 0 || end >= 0)
                break;
        }
        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    private LinkAnswer Issue(SignInDesk desk, LinkOrder order)
    {
        var lasts = TimeSpan.FromSeconds(Math.Clamp(order.Seconds, 0, (long)LinkOrder.Longest.TotalSeconds));
        if (lasts < LinkOrder.Shortest)
            return new LinkAnswer("a link works for one minute to seven days");
        var who = order.Who ?? "";
        if (desk.Issue(who, lasts) is not { } link)
        {
            var near = Nearest.To(who, desk.Config.Routes.Select(route => route.User));
            return new LinkAnswer(
                $"{Names.Shown(who)} is nobody whom the gateway knows; "
                    + (near is null ? "'berth users list' shows everybody" : $"did you mean '{near}'?")
            );
        }
        say($"sign-in: a link for {who} was made; it works until {link.Expires:yyyy-MM-dd HH:mm} UTC");
        return new LinkAnswer(Link: link);
    }

    private LinkAnswer Revoke(SignInDesk desk, string who)
    {
        var count = desk.Revoke(who);
        if (count == 0)
            return new LinkAnswer(
                $"{Names.Shown(who)} is neither signed in nor the id of a sign-in; 'berth link list' shows them all"
            );
        say($"sign-in: {count} of {Names.Shown(who)} ended");
        return new LinkAnswer(Revoked: count);
    }
}
