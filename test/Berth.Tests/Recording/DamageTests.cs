using System.Text;
using Berth.Containment;
using Berth.Host;
using Berth.Incidents;
using CsCheck;
using Xunit;

namespace Berth.Recording;

/// <summary>What is cut short, changed on the way, or gone in the middle of being read. Lines are those of real kernels.
/// </summary>
public sealed class DamageTests
{
    private static readonly string[] s_status =
    [
        // 5.10, 6.1, 6.12, 6.18
        "Name:\tnode\nUmask:\t0077\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\nPPid:\t1\nTracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nFDSize:\t64\nGroups:\t1000 \nVmPeak:\t   10240 kB\nVmSize:\t   10240 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nRssFile:\t    1024 kB\nRssShmem:\t       0 kB\nVmSwap:\t       0 kB\nThreads:\t11\n",
        "Name:\tclaude\nUmask:\t0022\nState:\tR (running)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\nPPid:\t1\nTracerPid:\t0\nUid:\t1000\t0\t0\t1000\nGid:\t1000\t1000\t1000\t1000\nFDSize:\t64\nGroups:\t \nNStgid:\t4711\nNSpid:\t4711\nVmRSS:\t 6291456 kB\nRssAnon:\t 6291000 kB\nVmSwap:\t      12 kB\nHugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t1\nuntag_mask:\t0xffffffffffffffff\nThreads:\t11\n",
        "Name:\ta\\nUid:\t0\t0\nState:\tS (sleeping)\nTgid:\t4711\nKthread:\t0\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nThreads:\t1\n",
        "Name:\tkworker/u4:1-ev\nState:\tI (idle)\nTgid:\t33\nKthread:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nThreads:\t1\n",
    ];

    private static readonly string[] s_stat =
    [
        "4711 (node) S 1 4711 4711 0 -1 4194560 9000 0 0 0 300 40 0 0 20 0 11 0 9001 1048576000 512 18446744073709551615 1 1 0 0 0 0 0 4096 17642 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        "4711 (tmux: server) R 1 (x) S 7 4711 4711 0 -1 4194560 9000 0 0 0 300 40 0 0 20 0 1 0 9001 1 25 18446744073709551615 0 0\n",
        "4711 (2.1.205) D 33 1 1 34816 -1 4194560 9000 0 0 0 300 40 0 0 39 19 1 0 9001 1 1572864 18446744073709551615 0 0\n",
    ];

    private static Gen<(byte[] Whole, byte[] Broken, bool Cut)> Broken(string[] lines) =>
        Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, 5000], Gen.Int[0, 3], Gen.Byte.Array[1, 8])
            .Select(
                (at, where, how, bytes) =>
                {
                    var whole = Encoding.UTF8.GetBytes(lines[at]);
                    where %= whole.Length;
                    byte[] broken = how switch
                    {
                        0 => whole[..where],
                        1 => [.. whole[..where], .. bytes, .. whole[where..]],
                        2 => [.. whole[..where], .. whole[Math.Min(whole.Length, where + bytes.Length)..]],
                        _ => [.. whole[..where], bytes[0], .. whole[Math.Min(whole.Length, where + 1)..]],
                    };
                    return (whole, broken, how == 0);
                }
            );

    [Fact]
    public void A_status_that_was_cut_is_the_same_persons_or_nobodys() =>
        Broken(s_status)
            .Sample(
                one =>
                {
                    Assert.True(ProcStatus.TryParse(one.Whole, out var whole));
                    if (ProcStatus.TryParse(one.Broken, out var read) && one.Cut)
                        Assert.Equal((whole.Uid, whole.EffectiveUid), (read.Uid, read.EffectiveUid));
                },
                iter: 20_000
            );

    [Fact]
    public void A_stat_that_was_cut_is_the_same_process_or_none() =>
        Broken(s_stat)
            .Sample(
                one =>
                {
                    Assert.True(ProcStat.TryParse(one.Whole, out var whole));
                    if (!ProcStat.TryParse(one.Broken, out var read))
                        return;
                    Assert.True(read is { Pid: >= 0, Parent: >= 0, Threads: >= 0 });
                    if (one.Cut)
                        Assert.Equal(whole, read);
                },
                iter: 20_000
            );

    /// <summary>A datagram of the process connector, as <c>linux/cn_proc.h</c> lays it out.</summary>
    private static byte[] Datagram(uint what, params ReadOnlySpan<int> fields)
    {
        var bytes = new byte[52 + (4 * fields.Length)];
        BitConverter.TryWriteBytes(bytes.AsSpan(36), what);
        for (var i = 0; i < fields.Length; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(52 + (4 * i)), fields[i]);
        return bytes;
    }

    [Fact]
    public void A_word_of_the_process_connector_that_was_cut_tells_the_same_or_nothing() =>
        Gen.Select(Gen.OneOf(1u, 2u, 4u, 0x80000000u, 0x40u), Gen.Int[1, 1 << 22], Gen.Int[1, 1 << 22], Gen.Int[0, 68])
            .Sample(
                (what, one, other, length) =>
                {
                    var whole = Datagram(what, one, one, other, other);
                    var real = ProcessEvent.Parse(whole);
                    var read = ProcessEvent.Parse(whole.AsSpan(0, length));
                    Assert.True(
                        read.Kind is ProcessEventKind.Other || (read.Kind, read.Pid) == (real.Kind, real.Pid),
                        $"{what:x} cut to {length}: {read}, whole: {real}"
                    );
                }
            );

    [Fact]
    public void A_database_that_was_damaged_anywhere_never_stops_who_uses_it()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Join(folder.Path, "incidents.db");
        byte[] whole;
        using (var store = IncidentStore.Open(file, Scene.Noon, _ => { }))
        {
            for (var i = 1; i < 60; i++)
                store.Save([Hooks.HookFlowTests.Stall(i)], new Dictionary<string, string> { ["kmsg"] = $"{i}" });
        }
        whole = File.ReadAllBytes(file);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte.Array[1, 64], Gen.Bool)
            .Sample(
                (at, bytes, cut) =>
                {
                    foreach (var rest in Directory.EnumerateFiles(folder.Path))
                        File.Delete(rest);
                    var broken = cut ? whole[..at] : whole.ToArray();
                    if (!cut)
                        bytes.AsSpan(0, Math.Min(bytes.Length, broken.Length - at)).CopyTo(broken.AsSpan(at));
                    File.WriteAllBytes(file, broken);
                    // A reader, who sets nothing aside, is told that it cannot be read, and no more than that.
                    Readable(() =>
                    {
                        using var reader = IncidentStore.Read(file)!;
                        _ = reader.LastChange();
                        _ = reader.Changes(0, 500);
                        foreach (var incident in reader.Find(new IncidentQuery()))
                            _ = reader.Deaths(incident);
                    });
                    // The writer goes on, with a new one where it has to.
                    Readable(() =>
                    {
                        using var writer = IncidentStore.Open(file, Scene.Noon, _ => { });
                        writer.Save([Hooks.HookFlowTests.Stall(100)], new Dictionary<string, string>());
                        Assert.NotEmpty(writer.Find(new IncidentQuery()));
                    });
                },
                iter: 200,
                threads: 1
            );
    }

    private static void Readable(Action act)
    {
        try
        {
            act();
        }
        catch (IOException)
        {
            // Said, and tried again later: what everybody who uses it is ready for.
        }
    }

    /// <summary>Processes and cgroups come and go while everything is read, half written as a test's files are.</summary>
    [Fact]
    public async Task Entries_that_vanish_while_they_are_read_stop_nothing_and_are_nobodys_death()
    {
        using var root = new TemporaryFolder();
        root.Write("/proc/uptime", "1000.00 900.00\n");
        root.Write("/proc/sys/kernel/random/boot_id", "11111111-2222\n");
        root.Write("/dev/kmsg", "");
        var unit = Path.Join(root.Path, "sys/fs/cgroup", Scene.AliceUnit);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var turns = 0;
        var churn = Task.Run(
            () =>
            {
                var random = new Random(1);
                while (!end.IsCancellationRequested)
                {
                    var pid = 100 + random.Next(20);
                    var process = Path.Join(root.Path, $"proc/{pid}");
                    if (Directory.Exists(process))
                        Directory.Delete(process, recursive: true);
                    else
                    {
                        Directory.CreateDirectory(process);
                        File.WriteAllText(
                            $"{process}/stat",
                            s_stat[0].Replace("4711 (", $"{pid} (", StringComparison.Ordinal)[..random.Next(1, 150)]
                        );
                        File.WriteAllText($"{process}/cmdline", random.Next(2) == 0 ? "" : "claude\0-p\0a\nb\0");
                        File.WriteAllText($"{process}/status", s_status[0][..random.Next(s_status[0].Length)]);
                        File.WriteAllText($"{process}/cgroup", $"0::/{Scene.AliceUnit}/agents\n");
                    }
                    var leaf = Path.Join(unit, $"leaf{random.Next(3)}");
                    if (Directory.Exists(leaf))
                        Directory.Delete(leaf, recursive: true);
                    else
                    {
                        Directory.CreateDirectory(leaf);
                        File.WriteAllText(
                            $"{leaf}/cgroup.procs",
                            string.Concat(Enumerable.Range(100, 20).Select(one => $"{one}\n"))
                        );
                    }
                    if (random.Next(5) == 0 && Directory.Exists(unit))
                        Directory.Delete(unit, recursive: true);
                    else
                    {
                        Directory.CreateDirectory(unit);
                        File.WriteAllText($"{unit}/memory.current", "1048576\n"[..random.Next(9)]);
                        File.WriteAllText($"{unit}/memory.max", "2097152\n");
                        File.WriteAllText(
                            $"{unit}/memory.events",
                            "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n"[..random.Next(30)]
                        );
                        File.WriteAllText($"{unit}/cgroup.procs", "100\n101\n");
                    }
                    Interlocked.Increment(ref turns);
                }
            },
            CancellationToken.None
        );
        var paths = new HostPaths(root.Path);
        var settings = new RecorderSettings([new RecordedUser("alice", 1000, "/home/alice")]) { RingSegments = 2 };
        var map = new SurfaceMap(settings.Users, settings.Containers);
        var table = new ProcessTable();
        using (var sampler = new Sampler(paths, settings, map, table))
        {
            for (var i = 0; (i < 1000 || Volatile.Read(ref turns) < 200) && !churn.IsCompleted; i++)
            {
                sampler.FindSurfaces();
                sampler.Sample(i * 5000L);
                sampler.SampleHurried(i * 5000L);
                // Whose they are is told by the cgroup, whatever could be read of them.
                Assert.All(table.Living, process => Assert.Equal("alice", process.Surface.User));
            }
        }
        await end.CancelAsync();
        await churn;
    }
}
