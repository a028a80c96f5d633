using Xunit;

namespace Berth.Rosters;

/// <summary>When the files of a roster count as changed.</summary>
public sealed class RosterWatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-watch-").FullName;
    private readonly RosterWatch _watch;

    public RosterWatchTests()
    {
        Write(Roster, "users: {alice: {}}\n");
        _watch = new RosterWatch(Roster);
    }

    private string Roster => Path.Join(_folder, "roster.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_edit_is_taken_up_once_and_only_when_two_looks_saw_the_same()
    {
        Assert.Null(_watch.Look());
        Write(Roster, "users: {alice: {}, bob: {}}\n");
        Assert.Null(_watch.Look());
        Write(Roster, "users: {alice: {}, bob: {}, carol: {}}\n");
        Assert.Null(_watch.Look());
        Assert.Equal("alice bob carol", Names(_watch.Look()));
        Assert.Null(_watch.Look());
    }

    [Fact]
    public void A_file_that_is_put_in_its_place_is_an_edit_even_with_the_same_size_and_time()
    {
        var time = File.GetLastWriteTimeUtc(Roster);
        Write(Roster + ".new", "users: {carol: {}}\n");
        File.SetLastWriteTimeUtc(Roster + ".new", time);
        File.Move(Roster + ".new", Roster, overwrite: true);
        Assert.Null(_watch.Look());
        Assert.Equal("carol", Names(_watch.Look()));
    }

    [Fact]
    public void A_link_that_leads_elsewhere_and_what_is_written_behind_it_are_edits()
    {
        var (link, other) = (Path.Join(_folder, "link.yaml"), Path.Join(_folder, "other.yaml"));
        Write(other, "users: {bob: {}}\n");
        File.CreateSymbolicLink(link, Roster);
        var watch = new RosterWatch(link);
        Write(Roster, "users: {carol: {}}\n");
        Assert.Null(watch.Look());
        Assert.Equal("carol", Names(watch.Look()));
        File.Delete(link);
        File.CreateSymbolicLink(link, other);
        Assert.Null(watch.Look());
        Assert.Equal("bob", Names(watch.Look()));
    }

    [Fact]
    public void A_roster_that_is_gone_or_empty_is_a_problem_and_its_return_an_edit()
    {
        File.Delete(Roster);
        Assert.Null(_watch.Look());
        Assert.Contains("no such file", Assert.Single(_watch.Look()!.Problems).Message, StringComparison.Ordinal);
        Assert.Null(_watch.Look());
        Write(Roster, "");
        Assert.Null(_watch.Look());
        Assert.Contains("empty", Assert.Single(_watch.Look()!.Problems).Message, StringComparison.Ordinal);
        Write(Roster, "users: {alice: {}}\n");
        Assert.Null(_watch.Look());
        Assert.Equal("alice", Names(_watch.Look()));
    }

    [Fact]
    public void Drop_ins_count_and_what_editors_keep_beside_them_does_not()
    {
        var folder = Path.Join(_folder, "users.d");
        Directory.CreateDirectory(folder);
        foreach (var name in (string[])[".bob.yaml.swp", "bob.yaml~", "4913"])
            Write(Path.Join(folder, name), "x");
        Assert.Null(_watch.Look());
        Assert.Null(_watch.Look());
        Write(Path.Join(folder, "bob.yaml"), "users: {bob: {login: bob}}\n");
        Assert.Null(_watch.Look());
        Assert.Equal("alice bob", Names(_watch.Look()));
        Write(Path.Join(folder, "carol.yml"), "users: {carol: {}}\n");
        Assert.Null(_watch.Look());
        Assert.Contains("only *.yaml is read", _watch.Look()!.Problems[0].Message, StringComparison.Ordinal);
    }

    private static string? Names(RosterReading? reading) =>
        reading is null ? null : string.Join(' ', reading.Roster!.Users.Select(user => user.Name));

    private static void Write(string file, string text) => File.WriteAllText(file, text);
}
