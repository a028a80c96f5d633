using Xunit;

namespace Berth.Rosters;

public sealed class UserEditTests : IDisposable
{
    private const string Main = """
        # Our box. Ask Alice before you change it.
        users:
          alice: {admin: true} # the boss
          bob: {memory: 4G}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _roster;

    public UserEditTests() => _roster = _folder.Write("roster.yaml", Main);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parking_writes_one_key_beside_the_roster_and_leaves_the_roster_alone()
    {
        Done(new UserEdit(_roster, "bob").Set("parked", true, user => user.Parked));
        Assert.Equal(
            """
            # Written by 'berth users'; edit it as you like. Keys here win over those of the roster itself.
            users:
              bob:
                parked: true

            """,
            DropIn("bob")
        );
        Assert.Equal(Main, File.ReadAllText(_roster));
        Assert.True(User("bob").Parked);
        Assert.Equal("4G", $"{User("bob").Memory}");
    }

    [Fact]
    public void What_was_parked_and_unparked_leaves_no_file_behind()
    {
        Done(new UserEdit(_roster, "bob").Set("parked", true, user => user.Parked));
        Assert.True(Done(new UserEdit(_roster, "bob").Set("parked", false, user => user.Parked)).Removed);
        Assert.False(User("bob").Parked);
        Assert.Empty(Directory.GetFiles(Path.Join(_folder.Path, "users.d")));
    }

    [Fact]
    public void Who_is_parked_in_the_roster_itself_is_unparked_by_a_key_of_the_drop_in()
    {
        File.WriteAllText(_roster, "users: {bob: {parked: true}}");
        Done(new UserEdit(_roster, "bob").Set("parked", false, user => user.Parked));
        Assert.Contains("    parked: false\n", DropIn("bob"), StringComparison.Ordinal);
        Assert.False(User("bob").Parked);
    }

    [Fact]
    public void A_persons_comments_and_keys_in_a_drop_in_stay()
    {
        _folder.Write(
            "users.d/bob.yaml",
            "# Back in May.\nusers:\n  bob:\n    # was 4G\n    memory: 6G\n\n    parked: true\n"
        );
        Done(new UserEdit(_roster, "bob").Set("removed", true, user => user.Removed));
        Done(new UserEdit(_roster, "bob").Set("parked", false, user => user.Parked));
        Assert.Equal(
            "# Back in May.\nusers:\n  bob:\n    # was 4G\n    memory: 6G\n\n    removed: true\n",
            DropIn("bob")
        );
    }

    [Fact]
    public void A_new_person_stands_in_a_file_of_their_own()
    {
        Done(
            new UserEdit(_roster, "carol").Set([
                ("login", "carol: #1 \"C\""),
                ("memory", "25%"),
                ("groups", "video audio"),
            ])
        );
        var carol = User("carol");
        Assert.Equal("carol: #1 \"C\"", carol.Login);
        Assert.Equal(["video", "audio"], carol.Groups);
    }

    [Fact]
    public void An_edit_that_breaks_the_roster_is_not_written()
    {
        var outcome = new UserEdit(_roster, "carol").Set([("login", "BOB"), ("memory", "much")]);
        Assert.Equal(
            [
                "user carol: login 'BOB' is bob's as well (roster.yaml:4:3); give each user a login of their own",
                "user carol: memory is 'much', which is no size; write a size such as 512M, 16G or 25%",
            ],
            outcome.Problems.Select(problem => $"{problem}".Replace(_folder.Path + "/", "", StringComparison.Ordinal))
        );
        Assert.False(Directory.Exists(Path.Join(_folder.Path, "users.d")));
    }

    [Fact]
    public void A_file_of_another_shape_is_left_to_its_author()
    {
        var file = _folder.Write("users.d/bob.yaml", "users: {bob: {admin: true}}\n");
        var outcome = new UserEdit(_roster, "bob").Set("parked", true, user => user.Parked);
        Assert.Equal(
            $"{file}: was not written by 'berth users', which therefore leaves it alone; set 'parked: true' in it",
            Assert.Single(outcome.Problems).ToString()
        );
        Assert.Equal("users: {bob: {admin: true}}\n", File.ReadAllText(file));
    }

    [Fact]
    public void Another_file_that_sets_the_same_key_is_named()
    {
        _folder.Write("users.d/team.yaml", "users: {bob: {parked: false}}\n");
        var problem = Assert.Single(new UserEdit(_roster, "bob").Set("parked", true, user => user.Parked).Problems);
        Assert.Contains("parked is set in", problem.Message, StringComparison.Ordinal);
        Assert.Contains("bob.yaml", $"{problem}", StringComparison.Ordinal);
        Assert.Contains("team.yaml", $"{problem}", StringComparison.Ordinal);
    }

    private static UserEditOutcome Done(UserEditOutcome outcome)
    {
        Assert.Empty(outcome.Problems);
        return outcome;
    }

    private string DropIn(string name) => File.ReadAllText(Path.Join(_folder.Path, "users.d", $"{name}.yaml"));

    private User User(string name) => RosterFiles.Load(_roster).Roster!.Users.Single(user => user.Name == name);
}
