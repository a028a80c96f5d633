using Xunit;

namespace Berth.Rosters;

public sealed class RosterFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_roster_is_read_with_the_drop_ins_beside_it()
    {
        var roster = _folder.Write("roster.yaml", "users: {alice: {}}");
        _folder.Write("users.d/zoe.yaml", "users: {zoe: {login: zoe}}");
        _folder.Write("users.d/bob.yaml", "users: {bob: {login: bob}}");
        _folder.Write("users.d/.#bob.yaml", "an editor's own");
        _folder.Write("users.d/README", "not for Berth");
        var reading = RosterFiles.Load(roster);
        Assert.Empty(reading.Problems);
        Assert.Equal(["alice", "bob", "zoe"], reading.Roster!.Users.Select(user => user.Name));
    }

    [Fact]
    public void A_missing_roster_is_told_with_the_next_step()
    {
        var roster = Path.Join(_folder.Path, "roster.yaml");
        Assert.Equal(
            $"{roster}: there is no such file; 'berth init {roster}' writes one to start from, '--roster FILE' names another",
            Single(roster)
        );
    }

    [Fact]
    public void A_folder_is_no_roster() =>
        Assert.Contains("is a folder", Single(_folder.Path), StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_not_UTF8_is_told_with_the_byte()
    {
        var roster = _folder.Write("roster.yaml", "");
        File.WriteAllBytes(roster, [.. "users: {"u8, 0xE9, .. "}"u8]);
        Assert.Equal($"{roster}: is not UTF-8 text (byte 9); save it as UTF-8", Single(roster));
    }

    [Fact]
    public void A_file_without_end_is_not_read_to_its_end() =>
        Assert.Contains("larger than 8 MiB", Single("/dev/zero"), StringComparison.Ordinal);

    [Fact]
    public void A_drop_in_that_would_not_be_read_is_told()
    {
        var roster = _folder.Write("roster.yaml", "users: {alice: {admn: true}}");
        var bob = _folder.Write("users.d/bob.yml", "users: {bob: {login: bob}}");
        var reading = RosterFiles.Load(roster);
        Assert.Null(reading.Roster);
        Assert.Equal($"{bob}: only *.yaml is read here; rename it to .yaml, or take it away", $"{reading.Problems[0]}");
        Assert.Equal(2, reading.Problems.Count);
    }

    private static string Single(string roster)
    {
        var reading = RosterFiles.Load(roster);
        Assert.Null(reading.Roster);
        return Assert.Single(reading.Problems).ToString();
    }
}
