using Xunit;

namespace Berth.Rosters;

/// <summary>What a person is told about a broken roster. Read the golden files: are they helpful?</summary>
public sealed class RosterProblemTests
{
    [Theory]
    [InlineData("syntax")]
    [InlineData("keys")]
    [InlineData("sizes")]
    [InlineData("servers")]
    [InlineData("names")]
    [InlineData("users")]
    [InlineData("edges")]
    [InlineData("users.d")]
    [InlineData("everything")]
    public void Every_problem_is_told_with_its_place_and_what_to_do(string golden)
    {
        var path = $"Rosters/golden/{golden}.txt";
        var rendered = BadRosters.Render(Golden.Text(path));
        Assert.DoesNotContain("NO PROBLEM", rendered, StringComparison.Ordinal);
        Golden.Matches(path, rendered);
    }

    [Theory]
    [InlineData("users: {al\u001b[31mice: {}}", "roster.yaml:1:11: a control character (\\u001b); take it out")]
    [InlineData("", "roster.yaml:1:1: the roster is empty; 'berth init' writes one to start from")]
    [InlineData("# nothing yet\n", "roster.yaml:1:1: the roster is empty; 'berth init' writes one to start from")]
    public void What_a_golden_file_cannot_hold_is_told_as_well(string text, string problem)
    {
        var reading = RosterReader.Read(new RosterText("roster.yaml", text), []);
        Assert.Null(reading.Roster);
        Assert.Equal([problem], reading.Problems.Select(found => found.ToString()));
    }

    [Fact]
    public void Half_a_character_is_told_as_such()
    {
        var problem = Assert.Single(
            RosterReader.Read(new RosterText("roster.yaml", "users:\n  a: \ud800"), []).Problems
        );
        Assert.Equal(
            "roster.yaml:2:6: half a character (an unpaired surrogate); save the file as UTF-8",
            problem.ToString()
        );
    }

    [Fact]
    public void No_message_carries_a_character_that_a_terminal_acts_on()
    {
        var text = """
            users:
              "al\eice": {"lo\u202Egin": x}
              bob: {login: "b\u200Bob", groups: ["\a"], memory: "\e[2J"}
            "ser\x00vers": {}
            servers: {"t\n3": {}, x: {preset: "\x9b", environment: {"A\rB": 1}}}
            """;
        var reading = RosterReader.Read(new RosterText("roster.yaml", text), []);
        Assert.True(reading.Problems.Count >= 8, string.Join('\n', reading.Problems));
        Assert.All(reading.Problems, problem => Assert.Equal(Names.Escaped(problem.ToString()), problem.ToString()));
    }

    [Fact]
    public void A_deep_nest_is_refused_and_not_recursed_into()
    {
        var text = "users: " + new string('[', 100_000);
        var problem = Assert.Single(RosterReader.Read(new RosterText("roster.yaml", text), []).Problems);
        Assert.Equal("more than 16 levels deep", problem.Message);
    }

    [Fact]
    public void A_text_of_nine_million_characters_is_not_even_parsed()
    {
        var text = "# " + new string('x', 9 << 20);
        Assert.Single(RosterReader.Read(new RosterText("roster.yaml", text), []).Problems);
    }
}
