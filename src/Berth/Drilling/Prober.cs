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

/// <summary>Asks one server its real ready check over and over, over a new connection each time, on a thread of its own.</summary>
internal sealed class Prober : IAsked, IDisposable
{
    /// <summary>A question that is not answered by then is asked anew: it may have come before the server was ready.</summary>
    private const int Patience = 2000;

    private readonly Lock _lock = new();
    private readonly List<double> _answers = [];
    private readonly Thread _thread;
    private readonly byte[] _request;
    private readonly IPEndPoint _address;
    private volatile bool _stopped;

    /// <param name="pause">Between two questions, in milliseconds.</param>
    public Prober(Target target, Role role, double pause)
    {
        (Role, Name, Pause) = (role, $"{target.User}'s server", pause);
        var address = IPAddress.TryParse(target.Host, out var parsed) ? parsed : IPAddress.Loopback;
        _address = new IPEndPoint(address, target.Port);
        var authorization =
            target.Check.BasicUser is { } user && target.Password is { } password
                ? $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}\r\n"
                : "";
        _request = target.Check.Path is { } path
            ? Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {target.Host}:{target.Port}\r\n{authorization}Connection: close\r\n\r\n"
            )
            : [];
        _thread = new Thread(Run) { IsBackground = true, Name = $"probe {target.User}" };
        _thread.Start();
    }

    public Role Role { get; }
    public string Name { get; }
    public double Pause { get; }

    public IReadOnlyList<double> Answers()
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
                lock (_lock)
                    _answers.Add(Moment.Now);
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
