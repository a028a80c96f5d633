using CsCheck;
using Xunit;

namespace Berth.Rosters;

public sealed class RosterReaderTests
{
    [Fact]
    public void Every_problem_of_a_bad_roster_is_told_at_once_with_its_place()
    {
        var bad = Golden.Text("Rosters/bad.yaml");
        var reading = RosterReader.Read(new RosterText("bad.yaml", bad), []);
        Assert.Null(reading.Roster);
        Golden.Matches("Rosters/bad.txt", string.Join('\n', reading.Problems) + "\n");
    }

    [Theory]
    [InlineData("bob%", "'%'")]
    [InlineData("\"bo\\nb\"", "'\\u000a'")]
    [InlineData("\"bo'b\"", "''")]
    [InlineData("'bo\"b'", "'\"'")]
    [InlineData("bo b", "' '")]
    [InlineData("zoë", "'ë'")]
    [InlineData("a..b", "'.'")]
    [InlineData("-bob", "starts with '-'")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefg", "33 characters")]
    [InlineData("root", "name of the system")]
    [InlineData("\"\"", "needs a name")]
    public void A_name_that_useradd_or_systemd_would_choke_on_is_refused_in_words(string name, string says)
    {
        var reading = Read($"users:\n  {name}: {{}}\n");
        Assert.Null(reading.Roster);
        Assert.Contains(says, Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(reading.Problems[0].ToString(), char.IsControl);
    }

    [Fact]
    public void A_user_gets_their_own_value_else_the_default()
    {
        var roster = Good(
            """
            servers: {a: {preset: opencode, ports: 4000-4099}, b: {preset: t3, ports: 5000-}}
            defaults: {server: a, memory: 8G, pane-memory: 2G}
            users:
              alice: {memory: 12G, server: b}
              bob: {session-memory: 1G}
              carol: {server: none}
            """
        );
        var (alice, bob, carol) = (roster.Users[0], roster.Users[1], roster.Users[2]);
        Assert.Equal(
            ("b", Size.Gibibytes(12), Size.Gibibytes(8), Size.Gibibytes(2)),
            (alice.Server, alice.Memory, alice.SessionMemory, alice.PaneMemory)
        );
        Assert.Equal(
            ("a", Size.Gibibytes(8), Size.Gibibytes(1), Size.Gibibytes(1)),
            (bob.Server, bob.Memory, bob.SessionMemory, bob.PaneMemory)
        );
        Assert.False(carol.Serves);
        Assert.Equal(new PortRange(5000, 5999), roster.Servers["b"].Ports);
    }

    [Theory]
    [InlineData("login: A@x", "login: a@X", "login")]
    [InlineData("port: 6000", "port: 6000", "port")]
    [InlineData("uid: 1500", "uid: 1500", "uid")]
    [InlineData("login: bob", "", "login")]
    public void Two_users_never_share_what_only_one_may_have(string alice, string bob, string what)
    {
        var problem = Assert.Single(Read($"users:\n  alice: {{{alice}}}\n  bob: {{{bob}}}\n").Problems);
        Assert.Contains(what, problem.Message, StringComparison.Ordinal);
        Assert.Contains("alice's as well (r.yaml:2)", problem.Message, StringComparison.Ordinal);
        Assert.Equal(3, problem.Line);
    }

    [Fact]
    public void A_drop_in_adds_people_and_sets_single_keys_of_the_main_file()
    {
        var main = new RosterText("r.yaml", "users:\n  alice: {login: a@x, memory: 2G}\n");
        var reading = RosterReader.Read(
            main,
            [
                new("users.d/alice.yaml", "users:\n  alice:\n    parked: true\n"),
                new("users.d/bob.yaml", "users: {bob: {login: b@x}}"),
            ]
        );
        Assert.Empty(reading.Problems);
        Assert.Equal(["alice", "bob"], reading.Roster!.Users.Select(user => user.Name));
        Assert.True(reading.Roster.Users[0] is { Parked: true, Login: "a@x" });
    }

    [Fact]
    public void Two_drop_ins_that_set_one_key_are_refused()
    {
        var reading = RosterReader.Read(
            new RosterText("r.yaml", "users: {}"),
            [new("1.yaml", "users: {bob: {admin: true}}"), new("2.yaml", "users: {bob: {admin: false}}")]
        );
        Assert.Contains(
            "admin is set in 1.yaml as well",
            Assert.Single(reading.Problems).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        string[] pieces =
        [
            "users",
            "servers",
            ":",
            " ",
            "\n",
            "  ",
            "{",
            "}",
            "[",
            "]",
            "- ",
            "'",
            "\"",
            "&a",
            "*a",
            "!x",
            "%",
            "|",
            ">",
            "16G",
            "alice",
            "\t",
            "\0",
            "---",
            "#",
            "memory",
            "é",
            ",",
            "?",
            "preset: t3",
        ];
        var words = Gen.Int[0, pieces.Length - 1].Select(at => pieces[at]);
        words
            .Array[0, 40]
            .Sample(
                list =>
                    RosterReader.Read(new RosterText("r", string.Concat(list)), [new("d", string.Concat(list))])
                        is not null,
                iter: 3000
            );
        Gen.String.Sample(text => RosterReader.Read(new RosterText("r", text), []) is not null, iter: 2000);
    }

    [Fact]
    public void A_roster_of_good_names_and_sizes_always_reads_and_keeps_its_order()
    {
        var name = Gen.Char["abcdefghijklmnopqrstuvwxyz"].Array[3, 12].Select(letters => "u" + new string(letters));
        Gen.Select(name.Array[1, 30], Gen.Int[1, 500])
            .Sample(
                (names, gigabytes) =>
                {
                    var users = names
                        .Distinct(StringComparer.Ordinal)
                        .Where(user => Names.WrongUser(user) is null)
                        .ToList();
                    var text =
                        "servers: {t3: {preset: t3, ports: 3773-}}\nusers:\n"
                        + string.Concat(users.Select(user => $"  {user}: {{memory: {gigabytes}G}}\n"));
                    var reading = RosterReader.Read(new RosterText("r", text), []);
                    return reading.Problems.Count == 0
                        && reading.Roster!.Users.Select(user => user.Name).SequenceEqual(users, StringComparer.Ordinal);
                }
            );
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    public void An_empty_roster_says_how_to_begin(string text) =>
        Assert.Contains("berth init", Assert.Single(Read(text).Problems).Hint, StringComparison.Ordinal);

    [Fact]
    public void The_schema_shipped_is_the_readers_own() =>
        Golden.Matches("../../docs/roster.schema.json", RosterSchema.Text());

    [Theory]
    [InlineData(2L << 30)]
    [InlineData(16L << 30)]
    [InlineData(1L << 40)]
    public void The_starter_roster_reads_and_fits_the_host_it_was_written_for(long ram)
    {
        var roster = Good(StarterRoster.Text(ram, "alice"));
        var (memory, sessions) = (roster.Defaults.Memory.On(ram), roster.Defaults.SessionMemory.On(ram));
        Assert.True(2 * (memory + sessions) + roster.Host.Reserve!.Value.On(ram) <= ram);
    }

    [Theory]
    [InlineData("two-people.yaml")]
    [InlineData("team.yaml")]
    [InlineData("lab.yaml")]
    public void The_examples_read(string file) => Good(Golden.Text($"../../examples/{file}"));

    internal static Roster Good(string text)
    {
        var reading = Read(text);
        Assert.Empty(reading.Problems);
        return reading.Roster!;
    }

    private static RosterReading Read(string text) => RosterReader.Read(new RosterText("r.yaml", text), []);
}
