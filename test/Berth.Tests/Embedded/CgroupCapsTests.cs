using Xunit;

namespace Berth.Embedded;

/// <summary>What is written for a person's cap, into a folder in the place of a cgroup.</summary>
public sealed class CgroupCapsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("berth-caps-").FullName;
    private readonly CgroupCaps _caps;

    public CgroupCapsTests() => _caps = new CgroupCaps(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_cap_is_put_on_changed_and_taken_away()
    {
        // Nobody is put under a cap by a change of it.
        _caps.Change("alice", 1);
        Assert.False(Directory.Exists(Path.Join(_folder, "user-alice")));
        _caps.Enclose("alice", 42, 100);
        Assert.Equal(("100", "42", 100), (Read("memory.max"), Read("cgroup.procs"), _caps.Cap("alice")));
        _caps.Change("alice", 200);
        Assert.Equal(("200", 200), (Read("memory.max"), _caps.Cap("alice")));
        // The kernel removes a cgroup with the files in it.
        foreach (var file in Directory.GetFiles(Path.Join(_folder, "user-alice")))
            File.Delete(file);
        _caps.Remove("alice");
        Assert.False(Directory.Exists(Path.Join(_folder, "user-alice")));
        Assert.Equal(0, _caps.Cap("alice"));
    }

    [Fact]
    public void What_is_held_is_what_only_processes_give_back()
    {
        Assert.Equal((0, 0), (_caps.Held("alice"), _caps.Kills("alice")));
        _caps.Enclose("alice", 42, 100);
        File.WriteAllText(
            Path.Join(_folder, "user-alice", "memory.stat"),
            "anon 1000\nfile 900\nkernel 5\nshmem 30\ninactive_anon 7\nactive_anon 7\ninactive_file 800\n"
        );
        Assert.Equal(1030, _caps.Held("alice"));
    }

    private string Read(string file) => File.ReadAllText(Path.Join(_folder, "user-alice", file));
}
