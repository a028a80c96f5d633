using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Drilling;

/// <summary>Somebody who is asked all the time, and when answers came.</summary>
internal interface IAsked
{
    Role Role { get; }
    string Name { get; }

    /// <summary>Between two questions, in milliseconds.</summary>
    double Pause { get; }

    /// <summary>When answers came, in milliseconds of <see cref="Moment"/>.</summary>
    IReadOnlyList<double> Answers();
}

/// <summary>Asks one server over and over, over a new connection each time, on a thread of its own.</summary>
internal sealed class Prober : IAsked, IDisposable
{
    /// <summary>A question that is not answered by then is asked anew: it may have come before the server was ready.</summary>
    private const int Patience = 2000;

    private readonly Lock _lock = new();
    private readonly List<Beat> _answers = [];
    private readonly Thread _thread;
    private readonly byte[] _request;
    private readonly IPEndPoint _address;
    private volatile bool _stopped;

    private Prober(string name, Role role, IPEndPoint address, string request, double pause)
    {
        (Role, Name, Pause, _address) = (role, name, pause, address);
        _request = Encoding.ASCII.GetBytes(request);
        _thread = new Thread(Run) { IsBackground = true, Name = $"probe {name}" };
        _thread.Start();
    }

    /// <summary>Asks a person's server its real ready check.</summary>
    /// <param name="pause">Between two questions, in milliseconds.</param>
    public static Prober Of(Target target, Role role, double pause)
    {
        var address = IPAddress.TryParse(target.Host, out var parsed) ? parsed : IPAddress.Loopback;
        var authorization =
            target.Check.BasicUser is { } user && target.Password is { } password
                ? $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}\r\n"
                : "";
        return new Prober(
            $"{target.User}'s server",
            role,
            new IPEndPoint(address, target.Port),
            target.Check.Path is { } path
                ? $"GET {path} HTTP/1.1\r\nHost: {target.Host}:{target.Port}\r\n{authorization}Connection: close\r\n\r\n"
                : "",
            pause
        );
    }

    /// <summary>Asks the reference.</summary>
    /// <param name="port">Where it listens.</param>
    public static Prober Reference(int port) =>
        new(
            "the reference, outside of every cap",
            Role.Reference,
            new IPEndPoint(IPAddress.Loopback, port),
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            Moment.Pause
        );

    public Role Role { get; }
    public string Name { get; }
    public double Pause { get; }

    public IReadOnlyList<double> Answers() => [.. Beats().Select(beat => beat.At)];

    /// <summary>Its answers, with how long the machine had waited for memory until then; that is read for the reference
    /// alone.</summary>
    public IReadOnlyList<Beat> Beats()
    {
        lock (_lock)
            return [.. _answers];
    }

    private void Run()
    {
        var buffer = new byte[1024];
        while (!_stopped)
        {
            if (Ask(buffer))
            {
                var beat = new Beat(Moment.Now, Role is Role.Reference ? Surfaces.Starved() : 0);
                lock (_lock)
                    _answers.Add(beat);
            }
            Thread.Sleep((int)Pause);
        }
    }

    private bool Ask(byte[] buffer)
    {
        try
        {
            using var socket = new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.ReceiveTimeout = socket.SendTimeout = Patience;
            socket.Connect(_address);
            if (_request.Length == 0)
                return true;
            socket.Send(_request);
            var length = 0;
            while (length < "HTTP/1.1 200".Length)
            {
                var got = socket.Receive(buffer.AsSpan(length));
                if (got == 0)
                    return false;
                length += got;
            }
            return buffer.AsSpan(0, length).StartsWith("HTTP/1."u8)
                && int.TryParse(buffer.AsSpan(9, 3), CultureInfo.InvariantCulture, out var status)
                && status is >= 200 and < 300;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join(Patience * 2);
    }
}

/// <summary>An agent of the drill's, by the beats that it writes into a file of root's.</summary>
internal sealed class Heart(string name, Part part) : IAsked
{
    public Role Role => Role.Agent;
    public string Name => name;
    public double Pause => Moment.Pause;
    public bool Lives => part.Pid is { } pid && Directory.Exists($"/proc/{pid}");

    public IReadOnlyList<double> Answers() =>
        [
            .. part.Lines()
                .Select(line =>
                    double.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : -1
                )
                .Where(at => at >= 0),
        ];
}
