using Xunit;

namespace Berth.Rosters;

/// <summary>What is shipped beside the program: the schema, the reference, the examples.</summary>
public sealed class RosterDocumentsTests
{
    private const string Start =
        "<!-- keys: made from src/Berth.Core/Rosters/RosterKeys.cs; BERTH_GOLDEN=write make unit writes it anew -->\n";
    private const string End = "<!-- end of keys -->";

    [Fact]
    public void The_schema_is_made_from_the_keys_that_the_reader_uses() =>
        Golden.Matches("../../docs/roster.schema.json", RosterSchema.Text());

    [Fact]
    public void The_reference_is_made_from_them_too()
    {
        var page = Golden.Text("../../docs/roster.md");
        var (start, end) = (
            page.IndexOf(Start, StringComparison.Ordinal) + Start.Length,
            page.IndexOf(End, StringComparison.Ordinal)
        );
        Assert.True(start >= Start.Length && end >= start, "../../docs/roster.md has lost the marks around its tables");
        Golden.Matches("../../docs/roster.md", $"{page[..start]}\n{RosterReference.Text()}{page[end..]}");
    }

    [Fact]
    public void The_starter_roster_reads_well() =>
        Golden.Matches("Rosters/golden/starter.yaml", StarterRoster.Text(23L << 30, "alice"));

    [Theory]
    [InlineData("two-people", 2, 2, false)]
    [InlineData("team", 3, 2, true)]
    [InlineData("lab", 5, 3, false)]
    public void Each_example_is_read(string name, int people, int serving, bool overcommit)
    {
        var file = $"examples/{name}.yaml";
        var reading = RosterReader.Read(new RosterText(file, Golden.Text($"../../{file}")), []);
        Assert.Empty(reading.Problems);
        var roster = reading.Roster!;
        Assert.Equal((people, serving), (roster.Users.Count, roster.Users.Count(user => user.Serves)));
        Assert.Equal(overcommit, roster.Host.Overcommit);
    }

    [Theory]
    [InlineData("two-people", 16)]
    [InlineData("lab", 128)]
    public void An_example_that_does_not_ask_for_overcommitment_fits_its_box(string name, long gibibytes)
    {
        var file = $"examples/{name}.yaml";
        var roster = RosterReader.Read(new RosterText(file, Golden.Text($"../../{file}")), []).Roster!;
        var ram = gibibytes << 30;
        var caps = roster
            .Users.Where(user => !user.Removed)
            .Sum(user => (user.Serves ? user.Memory.On(ram) : 0) + user.SessionMemory.On(ram));
        Assert.True(caps + (roster.Host.Containers?.On(ram) ?? 0) + roster.Host.Reserve!.Value.On(ram) <= ram);
    }

    [Fact]
    public void Every_example_value_of_the_reference_is_one_that_the_reader_takes()
    {
        foreach (var key in RosterKeys.User)
            Reads($"servers: {{opencode: {{ports: 3900-4999}}}}\nusers: {{alice: {{{key.Name}: {key.Example}}}}}");
        foreach (var key in RosterKeys.Defaults)
            Reads($"servers: {{opencode: {{ports: 4096-}}}}\ndefaults: {{{key.Name}: {key.Example}}}");
        foreach (var key in RosterKeys.Host)
            Reads($"host: {{{key.Name}: {key.Example}}}");
        foreach (var key in RosterKeys.Server)
            Reads(
                $"servers: {{opencode: {{ports: 4096-, {key.Name}: {key.Example}}}}}".Replace(
                    "ports: 4096-, ports",
                    "ports",
                    StringComparison.Ordinal
                )
            );
        const string certificate = "certificate: /etc/berth/tls/chain.pem, key: /etc/berth/tls/key.pem";
        foreach (var key in RosterKeys.Gateway)
            Reads(
                key.Name switch
                {
                    "certificate" or "key" => $"gateway: {{{certificate}}}",
                    "proxy-protocol" => "gateway: {proxies: [10.0.0.7], proxy-protocol: true}",
                    _ => $"gateway: {{{key.Name}: {key.Example}}}",
                }
            );
        const string jwt = "kind: jwt, header: X-J, jwks: /etc/keys.json, issuer: i, audience: a";
        const string header = "kind: header, header: X-U, secret-file: /etc/berth/proxy.secret";
        foreach (var key in RosterKeys.Identity)
        {
            var others = key.Name switch
            {
                "session-days" => "kind: link",
                "secret-file" or "secret-header" => header,
                _ => jwt,
            };
            var kept = others.Split(", ").Where(one => !one.StartsWith($"{key.Name}:", StringComparison.Ordinal));
            Reads($"gateway: {{identity: {{{string.Join(", ", kept)}, {key.Name}: {key.Example}}}}}");
        }
        foreach (var key in RosterKeys.Top)
            Reads($"{key.Name}: {key.Example}");
        static void Reads(string text) =>
            Assert.True(
                RosterReader.Read(new RosterText("r", text), []) is { Problems.Count: 0 },
                $"{text}\n{string.Join('\n', RosterReader.Read(new RosterText("r", text), []).Problems)}"
            );
    }
}
