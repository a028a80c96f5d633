using System.Net;
using Xunit;

namespace Berth.Embedded;

/// <summary>Under <c>berth up</c> the server's own program issues what people sign in with, and it may take its
/// time.</summary>
public sealed class UpMintTests : IDisposable
{
    private readonly RunningUp _up = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _up.Dispose();

    [Fact]
    public async Task A_slow_program_is_waited_for_and_its_person_is_signed_in()
    {
        var program = Path.Join(_up.Folder, "t3");
        // Several looks of the guard go by.
        await File.WriteAllTextAsync(
            program,
            $"#!/bin/sh\n[ \"$1\" = serve ] || sleep 3\nexec {AppContext.BaseDirectory}/t3 \"$@\"\n",
            Stop
        );
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(
            _up.Roster,
            $"{_up.Gateway}servers:\n  t3: {{preset: t3, ports: {_up.Port}-{_up.Port + 9}, command: [{program}, serve, --port, \"{{port}}\"]}}\n"
                + "defaults: {memory: 2G}\nusers:\n  alice: {}\n",
            Stop
        );
        _up.Start();
        await _up.Until("\"event\":\"ready\",\"user\":\"alice\"");
        using var http = _up.Http("alice");
        http.DefaultRequestHeaders.Add("Accept", "text/html");
        http.DefaultRequestHeaders.Add("Sec-Fetch-Mode", "navigate");
        http.DefaultRequestHeaders.Add("Sec-Fetch-Dest", "document");
        using var answer = await http.GetAsync("http://box/", Stop);
        Assert.True(answer.Headers.Contains("Set-Cookie"), $"{answer}\n{string.Join('\n', _up.Told)}");
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
    }
}
