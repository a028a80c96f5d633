using System.Text;
using CsCheck;
using Xunit;

namespace Berth.Rosters;

/// <summary>What holds for every text.</summary>
public sealed class RosterPropertyTests
{
    /// <summary>Pieces that rosters are made of, and characters that YAML gives a meaning.</summary>
    private static readonly Gen<string> s_pieces = Gen.OneOf(
        "users:",
        "servers:",
        "defaults:",
        "alice",
        "memory: 16G",
        "ports: 3773-",
        "login",
        "gateway:",
        "listen: ",
        "unix:/run/",
        "url: https://[",
        "proxies: ",
        "10.0.0.0/8",
        "::/",
        "identity:",
        "domain: @",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "#",
        "&a",
        "*a",
        "!x",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "?",
        "? ",
        "~",
        "---\n",
        "...\n",
        "\t",
        "\r",
        "\\",
        "\\u0000",
        "\\ud800",
        "\0",
        "\u0085",
        "\u2028",
        "é",
        "😀",
        "<<"
    );

    private static readonly Gen<string> s_soup = Gen.OneOf(s_pieces, s_pieces, s_pieces, Gen.String)
        .List[0, 24]
        .Select(pieces => string.Concat(pieces));

    [Fact]
    public void No_text_makes_the_reader_throw() =>
        s_soup.Sample(
            text =>
            {
                var reading = RosterReader.Read(new RosterText("r", text), [new RosterText("d", text)]);
                Assert.Equal(reading.Problems.Count == 0, reading.Roster is not null);
            },
            iter: 20_000
        );

    [Fact]
    public void Every_problem_has_a_place_within_the_text() =>
        s_soup.Sample(
            text =>
            {
                var lines = text.Split('\n').Length;
                foreach (var problem in RosterReader.Read(new RosterText("r", text), []).Problems)
                {
                    // YAML also breaks lines at carriage returns and at three rarer characters.
                    Assert.InRange(
                        problem.Line,
                        1,
                        lines + text.Count(c => c is '\r' or '\u0085' or '\u2028' or '\u2029') + 1
                    );
                    Assert.True(problem.Column >= 1);
                    Assert.NotEmpty(problem.Message);
                }
            },
            iter: 5_000
        );

    [Theory]
    [InlineData("lab")]
    [InlineData("team")]
    public void A_broken_roster_is_never_read_as_a_good_one(string example)
    {
        // One character taken out of, or put into, a real file.
        var text = Golden.Text($"../../examples/{example}.yaml");
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.OneOf(s_pieces, Gen.Const("")))
            .Sample(
                (at, piece) =>
                {
                    var broken = string.Concat(text.AsSpan(0, at), piece, text.AsSpan(at + 1));
                    var reading = RosterReader.Read(new RosterText("r", broken), []);
                    Assert.Equal(reading.Problems.Count == 0, reading.Roster is not null);
                },
                iter: 5_000
            );
    }

    private static readonly Gen<string> s_name = Gen.Select(
            Gen.Char["abcdefghijklmnopqrstuvwxyz_"],
            Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789_-"], 0, 31]
        )
        .Select((first, rest) => first + rest)
        .Where(name => Names.WrongUser(name) is null && name is not "null");

    private static readonly Gen<string> s_size = Gen.OneOf(
        Gen.Select(Gen.Int[1, 999], Gen.OneOf("G", "GiB", "T", "g")).Select((count, unit) => count + unit),
        Gen.Int[16, 4096].Select(count => count + "M"),
        Gen.Int[1, 100].Select(share => share + "%")
    );

    private static readonly Gen<string> s_user = Gen.Select(
        s_size.Null(),
        Gen.Bool,
        Gen.Bool,
        Gen.OneOf("", "[video]", "video audio"),
        (memory, admin, parked, groups) =>
        {
            var keys = new List<string> { $"admin: {(admin ? "true" : "false")}" };
            if (memory is not null)
                keys.Add($"memory: {memory}");
            if (parked)
                keys.Add("parked: true");
            if (groups.Length > 0)
                keys.Add($"groups: {groups}");
            return $"{{{string.Join(", ", keys)}}}";
        }
    );

    [Fact]
    public void Every_valid_roster_is_read_with_its_people_in_their_order() =>
        Gen.Select(
                s_name.HashSet[0, 20].Select(names => names.ToArray()),
                s_user.Array[20],
                s_size,
                Gen.Int[1024, 60000]
            )
            .Sample(
                (names, users, memory, port) =>
                {
                    var text = new StringBuilder(
                        $"servers: {{opencode: {{ports: {port}-}}}}\ndefaults: {{memory: {memory}}}\nusers:\n"
                    );
                    foreach (var (name, user) in names.Zip(users))
                        text.Append($"  {name}: {user}\n");
                    var reading = RosterReader.Read(new RosterText("r", text.ToString()), []);
                    Assert.Empty(reading.Problems);
                    Assert.Equal(names, reading.Roster!.Users.Select(user => user.Name));
                },
                iter: 500
            );

    [Fact]
    public void A_starter_roster_is_valid_on_every_host() =>
        Gen.Select(Gen.Long[64L << 20, 64L << 40], s_name)
            .Sample(
                (ram, name) =>
                {
                    var reading = RosterReader.Read(new RosterText("r", StarterRoster.Text(ram, name)), []);
                    Assert.Empty(reading.Problems);
                    var user = reading.Roster!.Users.Single();
                    var caps = 2 * (user.Memory.On(ram) + user.SessionMemory.On(ram));
                    Assert.True(ram < 512L << 20 || caps + reading.Roster.Host.Reserve!.Value.On(ram) <= ram);
                },
                iter: 500
            );

    [Fact]
    public void Whatever_a_tool_writes_into_a_drop_in_is_read_back() =>
        Gen.Select(s_name, Gen.String[Gen.Char[' ', '\u017f'], 1, 40], s_size, Gen.Bool)
            .Where((_, login, _, _) => login.Trim() == login && Names.Escaped(login) == login)
            .Sample(
                (name, login, memory, parked) =>
                {
                    var text = UserDropIn.With(name, null, [("login", login), ("memory", memory)])!;
                    text = UserDropIn.With(name, text, [("parked", parked ? "true" : "false"), ("memory", "1G")])!;
                    var reading = RosterReader.Read(new RosterText("r", "users:"), [new RosterText("d", text)]);
                    Assert.Empty(reading.Problems);
                    var user = Assert.Single(reading.Roster!.Users);
                    Assert.Equal((name, login, parked, "1G"), (user.Name, user.Login, user.Parked, $"{user.Memory}"));
                },
                iter: 2_000
            );
}
