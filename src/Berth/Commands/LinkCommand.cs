using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Berth.Gateway;
using Berth.Host;
using Spectre.Console;

namespace Berth.Commands;

/// <summary><c>berth link</c>: one-time sign-in links, and who is signed in. It asks the gateway itself: a link exists
/// nowhere but in its memory, as a hash in its state, and on this terminal.</summary>
public static class LinkCommand
{
    private const int LongestAnswer = 64 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private static readonly Option<string> s_socket = new("--socket")
    {
        Description = "The gateway's control socket",
        HelpName = "PATH",
        DefaultValueFactory = _ => LinkControl.Path,
        Recursive = true,
    };

    private static readonly Option<string> s_for = new("--for")
    {
        Description = "How long the link works: 15m (the default), 1h, 2d; at most 7d",
        HelpName = "TIME",
        DefaultValueFactory = _ => "15m",
    };

    private static readonly Argument<string> s_user = new("NAME") { Description = "Whom it signs in" };

    private static readonly Argument<string> s_who = new("NAME|ID")
    {
        Description = "A person, or one sign-in as 'berth link list' names it",
    };

    public static Command Create()
    {
        var list = new Command("list", "Who is signed in, with which browser, since when");
        list.SetAction((parse, stop) => AskAsync(parse, new LinkOrder("list"), Show, stop));
        var revoke = new Command("revoke", "End every sign-in of a person, or one of them") { s_who };
        revoke.SetAction(
            (parse, stop) => AskAsync(parse, new LinkOrder("revoke", parse.GetValue(s_who)), Revoked, stop)
        );
        var command = new Command("link", "Print a one-time sign-in link for a person (identity: link)")
        {
            s_user,
            s_for,
            s_socket,
            list,
            revoke,
        };
        command.SetAction(IssueAsync);
        return command;
    }

    private static Task<int> IssueAsync(ParseResult parse, CancellationToken stop)
    {
        var text = parse.GetValue(s_for)!;
        if (LinkOrder.TryParseLifetime(text, out var lasts))
            return AskAsync(
                parse,
                new LinkOrder("issue", parse.GetValue(s_user), (long)lasts.TotalSeconds),
                Print,
                stop
            );
        Console.Error.WriteLine($"berth: --for {text} is no time; write 15m, 1h or 2d (one minute to seven days)");
        return Task.FromResult(ExitCodes.Usage);
    }

    private static async Task<int> AskAsync(
        ParseResult parse,
        LinkOrder order,
        Action<LinkAnswer> show,
        CancellationToken stop
    )
    {
        var path = parse.GetValue(s_socket)!;
        if (path is LinkControl.Path && Native.EffectiveUser() != 0)
            return Fail("this lets people in and needs root; run it with sudo");
        LinkAnswer answer;
        try
        {
            answer = await SendAsync(path, order, stop);
        }
        catch (SocketException away)
        {
            return Fail(
                away.SocketErrorCode is SocketError.AccessDenied
                    ? $"{path} may not be used by you; run it with sudo"
                    : $"the gateway does not run: nothing answers at {path} ('systemctl status berth-gateway' says more)"
            );
        }
        catch (Exception failure) when (failure is JsonException or OperationCanceledException)
        {
            return Fail($"the gateway gave no answer at {path} ('systemctl status berth-gateway' says more)");
        }
        if (answer.Error is { } error)
            return Fail(error);
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(answer.ToLine());
        else
            show(answer);
        return ExitCodes.Ok;
    }

    internal static async Task<LinkAnswer> SendAsync(string path, LinkOrder order, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes(order.ToLine() + "\n"), patience.Token);
        return LinkAnswer.Parse(await LinkControl.LineAsync(socket, LongestAnswer, patience.Token));
    }

    private static int Fail(string says)
    {
        Console.Error.WriteLine($"berth: {says}");
        return ExitCodes.Failed;
    }

    private static void Print(LinkAnswer answer)
    {
        // Alone on its line, whole: it is copied.
        Console.Out.WriteLine(answer.Link!.Url);
        Console.Error.WriteLine(
            $"Signs {answer.Link.User} in, once, until {answer.Link.Expires.LocalDateTime:yyyy-MM-dd HH:mm}. "
                + "Give it to nobody else."
        );
    }

    private static void Revoked(LinkAnswer answer) =>
        Console.Out.WriteLine($"Ended {answer.Revoked} {(answer.Revoked == 1 ? "sign-in" : "sign-ins and links")}.");

    private static void Show(LinkAnswer answer)
    {
        if (answer.Sessions is { Count: > 0 } sessions)
            Terminal.Write(Table(sessions));
        else
            Console.Out.WriteLine("Nobody is signed in. Next: berth link NAME");
    }

    /// <summary>One line for each sign-in, in 80 columns.</summary>
    internal static Table Table(IReadOnlyList<ListedSession> sessions)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var title in (string[])["ID", "USER", "BROWSER", "SINCE", "SEEN", "ENDS"])
        {
            var column = new TableColumn(title).PadLeft(0).PadRight(1);
            // A long name or browser takes a second line; an id or a date is never broken.
            table.AddColumn(title is "USER" or "BROWSER" ? column : column.NoWrap());
        }
        foreach (var session in sessions)
            table.AddRow([
                .. (
                    (string[])
                        [
                            session.Id,
                            session.User,
                            session.Browser,
                            $"{session.Created.LocalDateTime:MM-dd}",
                            $"{session.Seen.LocalDateTime:MM-dd HH:mm}",
                            $"{session.Expires.LocalDateTime:MM-dd}",
                        ]
                ).Select(Markup.Escape),
            ]);
        return table;
    }
}
