using Berth.Recording;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Berth.Incidents;

public sealed class IncidentStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_now = Scene.Noon;
    private static readonly Dictionary<string, string> s_nowhere = new(StringComparer.Ordinal);
    private static readonly DeathFacts s_death = new(
        s_now,
        7,
        1000,
        "sshd",
        "alice",
        "x",
        "hog",
        "claude",
        "claude",
        "3f2a",
        5,
        6,
        1
    );
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    private string File => Path.Join(_folder.Path, "recorder/incidents.db");

    private IncidentStore Open() => IncidentStore.Open(File, s_now, _said.Add);

    private static Incident Incident(
        string user = "alice",
        IncidentKind kind = IncidentKind.OomKill,
        int minutes = 0
    ) =>
        new(
            0,
            kind,
            user,
            "x",
            s_now.AddMinutes(minutes),
            s_now.AddMinutes(minutes + 1),
            s_now.AddMinutes(minutes + 1),
            2,
            "it's what happened",
            "over",
            "nothing",
            ["one", "two 'three'"]
        );

    [Fact]
    public void What_is_written_is_read_back_as_it_was()
    {
        using var store = Open();
        store.Save([Incident()], s_nowhere);
        Assert.Equivalent(Incident() with { Id = 1 }, Assert.Single(store.Find(new IncidentQuery())), strict: true);
        using var reader = IncidentStore.Read(File)!;
        Assert.Single(reader.Find(new IncidentQuery()));
    }

    [Fact]
    public void What_has_changed_is_the_same_incident()
    {
        using var store = Open();
        store.Save([Incident() with { End = null }], s_nowhere);
        var open = Assert.Single(store.Open());
        var change = store.LastChange();
        store.Save([open with { End = s_now.AddHours(1), Count = 40 }], s_nowhere);
        Assert.Empty(store.Open());
        Assert.Equal(40, Assert.Single(store.Find(new IncidentQuery(After: change))).Count);
    }

    [Fact]
    public void Questions_are_answered_by_user_kind_and_time()
    {
        using var store = Open();
        store.Save(
            [Incident(), Incident("bob", minutes: 10), Incident(kind: IncidentKind.Stall, minutes: 20)],
            s_nowhere
        );
        Assert.Equal(2, store.Find(new IncidentQuery(User: "alice")).Count);
        Assert.Single(store.Find(new IncidentQuery(Kind: IncidentKind.Stall)));
        Assert.Equal(2, store.Find(new IncidentQuery(Since: s_now.AddMinutes(5))).Count);
        Assert.Equal("alice", store.Find(new IncidentQuery(Most: 1)).Single().User);
    }

    [Fact]
    public void Where_the_log_was_read_to_is_kept_with_what_was_told()
    {
        using (var store = Open())
            store.Save([Incident()], new Dictionary<string, string>(StringComparer.Ordinal) { ["kmsg"] = "b 7" });
        using var again = Open();
        Assert.Equal("b 7", again.Place("kmsg"));
        Assert.Null(again.Place("else"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void A_damaged_file_is_set_aside_and_a_new_one_begun(int at)
    {
        using (var store = Open())
        {
            for (var i = 0; i < 200; i++)
                store.Save([Incident(minutes: i)], s_nowhere);
        }
        var bytes = System.IO.File.ReadAllBytes(File);
        Array.Fill(bytes, (byte)0xA5, at, Math.Min(4096, bytes.Length - at));
        System.IO.File.WriteAllBytes(File, bytes);
        using var fresh = Open();
        Assert.Empty(fresh.Find(new IncidentQuery()));
        fresh.Save([Incident()], s_nowhere);
        Assert.Contains("is damaged", Assert.Single(_said), StringComparison.Ordinal);
        var aside = Directory.GetFiles(Path.GetDirectoryName(File)!, "*.damaged-*");
        Assert.Single(
            aside,
            file => !file.EndsWith("-wal", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_whole_file_is_not_set_aside()
    {
        using (var store = Open())
            store.Save([Incident()], s_nowhere);
        using var again = Open();
        Assert.Single(again.Find(new IncidentQuery()));
        Assert.Empty(_said);
    }

    [Fact]
    public void A_file_of_a_newer_berth_is_left_alone()
    {
        using (Open()) { }
        Execute("INSERT INTO schema_version VALUES (99)");
        Assert.Contains("newer berth", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_old_is_forgotten_and_what_goes_on_is_not()
    {
        using var store = Open();
        store.Save([Incident(), Incident("bob") with { End = null }], s_nowhere);
        store.Forget(s_now.AddDays(1));
        Assert.Equal(2, store.Find(new IncidentQuery()).Count);
        store.Forget(s_now.AddYears(2));
        Assert.Equal("bob", Assert.Single(store.Find(new IncidentQuery())).User);
    }

    [Fact]
    public async Task While_the_file_is_locked_incidents_wait_and_none_is_lost()
    {
        using var store = Open();
        using var locker = new SqliteConnection($"Data Source={File};Pooling=False");
        locker.Open();
        var begin = locker.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        begin.ExecuteNonQuery();
        var clock = new Impatient();
        var writer = new IncidentWriter(store, clock, _said.Add);
        writer.Put(new Batch([Incident()], [(Incident(), s_death)], "b 1"));
        writer.Put(new Batch([Incident("bob")], [], "b 2"));
        await clock.Waited;
        Assert.Contains("kept in memory", Assert.Single(_said), StringComparison.Ordinal);
        begin.CommandText = "ROLLBACK";
        begin.ExecuteNonQuery();
        clock.Go();
        await writer.DisposeAsync();
        Assert.Equal(2, store.Find(new IncidentQuery()).Count);
        Assert.Equal("b 2", store.Place(IncidentWriter.KernelPlace));
        Assert.Equal(s_death, Assert.Single(store.Deaths(store.Find(new IncidentQuery(User: "alice")).Single())));
    }

    private void Execute(string text)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>A clock whose pauses end when they are told to.</summary>
    private sealed class Impatient : TimeProvider
    {
        private readonly TaskCompletionSource _waited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TimerCallback? _due;
        private bool _going;

        public Task Waited => _waited.Task;

        public void Go()
        {
            _going = true;
            _due?.Invoke(null);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _due = _ => callback(state);
            _waited.TrySetResult();
            return System.CreateTimer(callback, state, _going ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, period);
        }
    }
}
