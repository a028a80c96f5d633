using System.Net;

namespace Berth.Doubles.T3;

/// <summary>A page that does with its server what the real one's does: asks who it is, holds a WebSocket, pings it every
/// five seconds, comes back after 1, 2, 4, 8 and 16 s.</summary>
internal static class Page
{
    public static string Html(string label) =>
        $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>{WebUtility.HtmlEncode(label)} - T3 double</title></head>
            <body>
            <h1>Server of <span id="who">{WebUtility.HtmlEncode(label)}</span></h1>
            <p id="session">…</p>
            <form id="pair" hidden><input id="credential" placeholder="pairing token"><button>Pair</button></form>
            <p>Socket: <span id="socket">closed</span>, opened <span id="opened">0</span> times,
              pongs <span id="pongs">0</span></p>
            <p>Terminal: <span id="terminal"></span></p>
            <button id="leave" type="button">Sign out</button>
            <script src="/assets/app.js"></script>
            </body></html>
            """;

    public const string Script = """
        const show = (id, text) => (document.getElementById(id).textContent = text);
        const count = (id) => show(id, Number(document.getElementById(id).textContent) + 1);
        const pauses = [1, 2, 4, 8, 16];
        let failures = 0;

        function connect() {
          const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws`);
          let pings;
          const ping = () => socket.send(JSON.stringify({ _tag: "Ping" }));
          socket.onopen = () => {
            failures = 0;
            show("socket", "open");
            count("opened");
            ping();
            pings = setInterval(ping, 5000);
          };
          socket.onmessage = (message) => JSON.parse(message.data)._tag === "Pong" && count("pongs");
          socket.onclose = () => {
            clearInterval(pings);
            show("socket", "closed");
            setTimeout(connect, 1000 * pauses[Math.min(failures++, pauses.length - 1)]);
          };
        }

        async function begin() {
          const environment = await (await fetch("/.well-known/t3/environment")).json();
          const session = await (await fetch("/api/auth/session")).json();
          show("who", environment.label);
          document.getElementById("pair").hidden = session.authenticated;
          show("session", session.authenticated ? `paired as ${environment.label}` : "not paired: enter a pairing token");
          if (!session.authenticated) return;
          connect();
          new EventSource("/double/terminal").onmessage = (line) => show("terminal", line.data);
        }

        document.getElementById("pair").onsubmit = async (event) => {
          event.preventDefault();
          const credential = document.getElementById("credential").value;
          await fetch("/api/auth/browser-session", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ credential }),
          });
          location.reload();
        };
        document.getElementById("leave").onclick = async () => {
          await fetch("/double/sign-out", { method: "POST" });
          location.reload();
        };
        begin();
        """;
}
