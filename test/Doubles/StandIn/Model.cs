using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Berth.Doubles;

/// <summary>A model API in miniature, as far as Claude Code needs it for one answer. Whoever sends another bearer than
/// the accepted ones gets 401. What was sent is logged by its last six characters.</summary>
internal static class Model
{
    private const string Refusal =
        """{"type":"error","error":{"type":"authentication_error","message":"Invalid bearer token"}}""";

    private static readonly (string Event, string Data)[] s_answer =
    [
        (
            "message_start",
            """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"stub","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}"""
        ),
        (
            "content_block_start",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""
        ),
        (
            "content_block_delta",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"yes"}}"""
        ),
        ("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        (
            "message_delta",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}"""
        ),
        ("message_stop", """{"type":"message_stop"}"""),
    ];

    /// <param name="port">Loopback port.</param>
    /// <param name="accept">File with the accepted endings, one a line; read anew for each request.</param>
    /// <param name="log">File that gets one line for each request.</param>
    public static int Run(int port, string accept, string log)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(128);
        Console.WriteLine($"model stub listens on 127.0.0.1:{port}");
        while (true)
        {
            var client = listener.Accept();
            new Thread(() => Serve(client, accept, log)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket client, string accept, string log)
    {
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var first = reader.ReadLine()?.Split(' ');
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (reader.ReadLine() is { Length: > 0 } line)
                headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[
                    (line.IndexOf(':', StringComparison.Ordinal) + 1)..
                ]
                    .Trim();
            if (first is not [var method, var path, ..])
                return;
            var body = new char[int.Parse(headers.GetValueOrDefault("Content-Length", "0"))];
            reader.ReadBlock(body);
            var bearer = headers.GetValueOrDefault("Authorization", "none");
            var key = headers.ContainsKey("x-api-key") ? " x-api-key" : "";
            var ending = bearer[Math.Max(0, bearer.Length - 6)..];
            lock (s_answer)
                File.AppendAllText(log, $"{method} {path} {ending}{key}\n");
            var messages = path.StartsWith("/v1/messages", StringComparison.Ordinal);
            if (messages && !File.ReadAllLines(accept).Contains(ending, StringComparer.Ordinal))
                Send(stream, "401 Unauthorized", "application/json", Refusal);
            else if (messages && new string(body).Contains("\"stream\":true", StringComparison.Ordinal))
                Send(
                    stream,
                    "200 OK",
                    "text/event-stream",
                    string.Concat(s_answer.Select(part => $"event: {part.Event}\ndata: {part.Data}\n\n"))
                );
            else
                Send(stream, "200 OK", "application/json", "{}");
        }
        catch (IOException)
        {
            // A client that went away is its own affair.
        }
    }

    private static void Send(NetworkStream stream, string status, string type, string body) =>
        stream.Write(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"
            )
        );
}
