using Berth.Rosters;
using Xunit;

namespace Berth.Commands;

public sealed class UsersTableTests
{
    private const string Text = """
        servers: {opencode: {ports: 4096-4999}}
        defaults: {memory: 16G, pane-memory: 6G}
        users:
          alice: {login: alice@example.com, admin: true, groups: [docker, video]}
          bob: {login: bob@example.com, memory: 25%, port: 4200}
          maximiliana-von-und-zu-hohenfels: {login: "maximiliana.von.und.zu.hohenfels@some.department.example.com"}
          carol: {login: "carol [dev]", parked: true}
          dave: {server: none}
          erin: {removed: true}
        """;

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public void Everybody_has_one_line_that_fits_the_terminal(int width)
    {
        var roster = RosterReader.Read(new RosterText("roster.yaml", Text), []).Roster!;
        var lines = Shown.Lines(UsersTable.Of(roster, width), width);
        Assert.True(roster.Users.Count + 1 == lines.Count, string.Join('\n', lines));
        Golden.Matches($"Commands/golden/users-{width}.txt", string.Join('\n', lines) + "\n");
    }
}
