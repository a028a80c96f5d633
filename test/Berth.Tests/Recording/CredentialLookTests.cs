using Berth.Credentials;
using Berth.Gateway;
using Berth.Host;
using Berth.Incidents;
using Xunit;

namespace Berth.Recording;

/// <summary>What the sync and people's login watches leave behind, as the recorder reads it.</summary>
public sealed class CredentialLookTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly HandClock _clock = new();

    public void Dispose() => _root.Dispose();

    private CredentialLook Look(params string[] users) => new(new HostPaths(_root.Path), users, _clock);

    private void Truth(string user, Truth truth) =>
        new TruthFile(new Files(new HostPaths(_root.Path))).Write(user, truth);

    private void Report(string user, string text) => _root.Write($"/var/lib/berth-login/{user}/report.json", text);

    private static List<string> Told(CredentialLook look) =>
        [
            .. Enumerable
                .Range(0, 4)
                .SelectMany(i => look.Look(i * 15_000L))
                .Select(one => $"{Incident.Name(one.Report.Kind)} {one.Report.User} {one.Report.Subject}")
                .Distinct(),
        ];

    [Fact]
    public void What_they_found_becomes_incidents_and_numbers()
    {
        Truth("alice", new Truth(Verdict.Present, Reason.Current, Fingerprint: "ab", Generation: 1));
        Report("alice", """{"logins":{},"probe":"Invalid","of":"ab"}""");
        Report("bob", """{"logins":{"claude":"Wiped"}}""");
        var look = Look("alice", "bob", "carol");
        Assert.Equal(["token alice invalid", "logout bob claude"], Told(look));
        // Of whom nothing is known nothing is told.
        Assert.Equal([("alice", true), ("bob", true)], look.People.Select(one => (one.User, one.State.Invalid)));
    }

    [Fact]
    public void Where_nobody_has_a_token_or_a_login_nothing_is_told()
    {
        var look = Look("alice");
        Assert.Empty(Told(look));
        Assert.Empty(look.People);
    }

    /// <summary>The folder is the person's: whatever they put there is theirs, and is waited for by nobody.</summary>
    [Fact]
    public void A_report_that_is_a_link_huge_or_nonsense_is_none()
    {
        Report("bob", """{"logins":{"claude":"Wiped"}}""");
        Directory.CreateDirectory(Path.Join(_root.Path, "var/lib/berth-login/alice"));
        File.CreateSymbolicLink(
            Path.Join(_root.Path, "var/lib/berth-login/alice/report.json"),
            Path.Join(_root.Path, "var/lib/berth-login/bob/report.json")
        );
        Report("carol", new string('{', 1 << 20));
        Report("dave", """{"logins":{"claude":"Wi""");
        Report("erin", """[1,2]""");
        Assert.Empty(Told(Look("alice", "carol", "dave", "erin")));
    }

    [Fact]
    public void It_looks_every_quarter_of_a_minute_and_not_with_every_sample()
    {
        Report("bob", """{"logins":{"claude":"Wiped"}}""");
        var look = Look("bob");
        Assert.Empty(look.Look(0));
        Assert.Empty(look.Look(14_999));
        Assert.NotEmpty(look.Look(15_000));
        Assert.Empty(look.Look(15_250));
    }
}
