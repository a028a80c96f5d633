using System.Buffers.Binary;
using Berth.Host;
using Berth.Planning;
using CsCheck;
using Xunit;

namespace Berth.Containment;

public sealed class AgentCgroupTests : IDisposable
{
    private const string Unit = "/sys/fs/cgroup/berth.slice/berth-servers.slice/t3-serve@alice.service";
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_server_always_has_room_and_the_agents_nearly_everything() =>
        Gen.Long[16L << 20, 4L << 40]
            .Sample(cap =>
            {
                var agents = AgentCgroup.Cap(cap);
                Assert.InRange(agents, cap / 4 * 3 - 4096, cap - 1);
                Assert.True(cap - agents <= (512L << 20) + 4096);
            });

    [Fact]
    public void Without_a_cap_the_agents_have_none() =>
        Assert.Equal(HostFacts.Unlimited, AgentCgroup.Cap(HostFacts.Unlimited));

    [Theory]
    [InlineData("0::/berth.slice/berth-servers.slice/t3-serve@alice.service/server\n", "t3-serve@alice.service")]
    [InlineData("0::/berth.slice/berth-servers.slice/t3-serve@alice.service\n", "t3-serve@alice.service")]
    [InlineData("0::/berth.slice/berth-servers.slice/run-p12-i13.service\n", null)]
    [InlineData("0::/user.slice/user-1000.slice/session-1.scope\n", null)]
    [InlineData("0::/berth.slice/berth-servers.slice\n", null)]
    [InlineData("", null)]
    public void A_process_is_known_by_its_cgroup(string text, string? unit) =>
        Assert.Equal(unit, AgentCgroup.UnitOf(text));

    /// <summary>A datagram as the kernel sends it.</summary>
    private static byte[] Datagram(uint what, params ReadOnlySpan<int> data)
    {
        var bytes = new byte[16 + 20 + 16 + (4 * data.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), what);
        for (var i = 0; i < data.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(52 + (4 * i)), data[i]);
        return bytes;
    }

    [Fact]
    public void Processes_are_told_apart_from_threads()
    {
        Assert.Equal(new ProcessEvent(ProcessEventKind.Fork, 30, 20), ProcessEvent.Parse(Datagram(1, 21, 20, 30, 30)));
        Assert.Equal(default, ProcessEvent.Parse(Datagram(1, 21, 20, 31, 30)));
        Assert.Equal(new ProcessEvent(ProcessEventKind.Exec, 30, 0), ProcessEvent.Parse(Datagram(2, 30, 30)));
        Assert.Equal(
            new ProcessEvent(ProcessEventKind.Exit, 30, 0),
            ProcessEvent.Parse(Datagram(0x80000000, 30, 30, 0, 17))
        );
        Assert.Equal(default, ProcessEvent.Parse(Datagram(0x80000000, 31, 30, 0, 17)));
        Assert.Equal(9, ProcessEvent.Parse(Datagram(0x80000000, 30, 30, 9, 17)).Detail);
        Assert.Equal(0, ProcessEvent.Parse(Datagram(0x80000000, 30, 30, 256, 17)).Detail);
        Assert.Equal(1000, ProcessEvent.Parse(Datagram(4, 30, 30, 1000, 1000)).Detail);
        Assert.Equal(
            new ProcessEvent(ProcessEventKind.Title, 30, 0),
            ProcessEvent.Parse(Datagram(0x200, 30, 30, 0x676f68, 0))
        );
        Assert.Equal(default, ProcessEvent.Parse(Datagram(0x200, 31, 30, 0x676f68, 0)));
    }

    [Fact]
    public void No_datagram_is_too_short_or_too_strange() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Assert.InRange((int)ProcessEvent.Parse(bytes).Kind, 0, 5));

    private void Process(int pid, int parent, string cgroup)
    {
        _root.Write($"/proc/{pid}/stat", $"{pid} (x) S {parent} " + string.Join(' ', Enumerable.Repeat("0", 30)));
        _root.Write($"/proc/{pid}/cgroup", $"0::{cgroup}\n");
    }

    private string Read(string path) => File.ReadAllText(Path.Join(_root.Path, path));

    [Fact]
    public void A_servers_children_go_beside_it_and_the_server_stays()
    {
        _root.Write($"{Unit}/cgroup.procs", "");
        _root.Write($"{Unit}/memory.max", "1073741824\n");
        _root.Write($"{Unit}/server/cgroup.procs", "100\n101\n");
        _root.Write($"{Unit}/agents/memory.max", "max\n");
        Process(100, 1, "/berth.slice/berth-servers.slice/t3-serve@alice.service/server");
        Process(101, 100, "/berth.slice/berth-servers.slice/t3-serve@alice.service/server");
        var said = new List<string>();
        var cgroups = new AgentCgroups(new HostPaths(_root.Path), TimeProvider.System, said.Add);
        cgroups.Find();
        Assert.Equal("101", Read($"{Unit}/agents/cgroup.procs"));
        Assert.Equal($"{(1024L - 64) << 20}", Read($"{Unit}/agents/memory.max"));
        foreach (var pid in (int[])[102, 103, 105])
            Process(pid, 100, "/berth.slice/berth-servers.slice/t3-serve@alice.service/server");
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 102, 100));
        Assert.Equal("102", Read($"{Unit}/agents/cgroup.procs"));
        // A child of a child is where its parent is, and of somebody else nothing is moved.
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 103, 102));
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 104, 4000));
        Assert.Equal("102", Read($"{Unit}/agents/cgroup.procs"));
        // A pid that is somebody else's by the time it is looked at is not moved into alice's reach.
        Process(777, 1, "/system.slice/ssh.service");
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 777, 100));
        Assert.Equal("102", Read($"{Unit}/agents/cgroup.procs"));
        // Its pid is nobody's once it has ended.
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Exit, 100, 0));
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 105, 100));
        Assert.Equal("102", Read($"{Unit}/agents/cgroup.procs"));
        Assert.Empty(said);
    }

    [Fact]
    public void A_server_that_the_service_manager_starts_is_recognised_when_it_runs()
    {
        _root.Write($"{Unit}/cgroup.procs", "");
        _root.Write($"{Unit}/memory.max", "max\n");
        _root.Write($"{Unit}/server/cgroup.procs", "200\n");
        _root.Write($"{Unit}/agents/memory.max", "max\n");
        Process(200, 1, "/berth.slice/berth-servers.slice/t3-serve@alice.service/server");
        var cgroups = new AgentCgroups(new HostPaths(_root.Path), TimeProvider.System, _ => { });
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 200, 1));
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Exec, 200, 0));
        Process(201, 200, "/berth.slice/berth-servers.slice/t3-serve@alice.service/server");
        cgroups.Heard(new ProcessEvent(ProcessEventKind.Fork, 201, 200));
        Assert.Equal("201", Read($"{Unit}/agents/cgroup.procs"));
    }
}
