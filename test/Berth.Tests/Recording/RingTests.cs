using CsCheck;
using Xunit;

namespace Berth.Recording;

public sealed class RingTests
{
    private const long Start = 1_795_000_000_000;

    /// <summary>A segment as the ring writes it, and what was true at each frame.</summary>
    private static (byte[] Segment, List<(long At, string Truth)> Frames) Write(
        Scene scene,
        int frames,
        Action<int> before
    )
    {
        var segment = new byte[RingFormat.SegmentSize];
        RingFormat.WriteHeader(segment, 7, 99, Start);
        var (encoder, used, truths) = (new RingEncoder(), RingFormat.HeaderSize, new List<(long, string)>());
        encoder.Begin(7, Start);
        for (var i = 0; i < frames; i++)
        {
            before(i);
            var at = Start + (i * 5000L);
            var surface = scene.Map.Of(Scene.AliceUnit)!;
            var content = encoder.Frame(
                at,
                [
                    (
                        surface,
                        new SurfaceSample
                        {
                            Current = (i + 1L) << 20,
                            Cap = 6L << 30,
                            Tasks = i,
                        }
                    ),
                ],
                scene.Table.Living,
                segment.Length - used - RingFormat.FrameHead
            );
            RingFormat.WriteFrameHead(segment.AsSpan(used), content, 7);
            content.CopyTo(segment.AsSpan(used + RingFormat.FrameHead));
            used += RingFormat.FrameHead + content.Length;
            truths.Add((at, Truth(scene.Table.Living)));
        }
        // What follows is empty: nothing that a test has to carry along.
        return (segment[..Math.Min(segment.Length, used + 64)], truths);
    }

    private static string Truth(IEnumerable<TrackedProcess> living) =>
        string.Join('\n', living.Select(process => $"{process.Pid} {process.Program.Argv}").Order());

    private static string Truth(RingScene scene) =>
        string.Join('\n', scene.Processes.Select(process => $"{process.Pid} {process.Argv}").Order());

    private static (byte[] Segment, List<(long At, string Truth)> Frames) Busy(int frames = 40)
    {
        var scene = new Scene();
        scene.Server("alice", 1000, 100);
        var pid = 200;
        return Write(
            scene,
            frames,
            i =>
            {
                scene.Run(pid++, 100, i, ["tool", $"{i / 3}"]).Sizes.Add(i, i << 22);
                if (i % 4 == 3)
                    scene.Table.Exited(pid - 3, i, i % 8 == 3 ? 9 : 0);
                if (i % 5 == 4)
                    ProcessTable.Read(scene.Table.Find(100)!, ProgramFacts.Of(["t3", $"{i}"], "", null), -1, 100);
            }
        );
    }

    [Fact]
    public void Every_moment_is_read_back_as_it_was()
    {
        var (segment, frames) = Busy();
        foreach (var (at, truth) in frames)
        {
            Assert.Equal(truth, Truth(RingScene.At(segment, at)!));
            Assert.Equal(truth, Truth(RingScene.At(segment, at + 4999)!));
        }
        Assert.Null(RingScene.At(segment, Start - 1));
        var last = RingScene.At(segment, long.MaxValue)!;
        var surface = Assert.Single(last.Surfaces);
        Assert.Equal((40L << 20, 6L << 30, 39L), (surface.Current, surface.Cap, surface.Tasks));
    }

    [Fact]
    public void Idle_processes_cost_a_few_bytes_a_sample()
    {
        var scene = new Scene();
        scene.Server("alice", 1000, 100);
        for (var i = 0; i < 100; i++)
            scene.Run(200 + i, 100, 0, ["claude", $"{i}"]);
        var encoder = new RingEncoder();
        encoder.Begin(1, Start);
        encoder.Frame(Start, [], scene.Table.Living, 1 << 20);
        Assert.InRange(encoder.Frame(Start + 5000, [], scene.Table.Living, 1 << 20).Length, 1, 4);
        foreach (var process in scene.Table.Living)
            (process.CpuTicks, _) = (process.CpuTicks + 7, 0);
        Assert.InRange(encoder.Frame(Start + 10_000, [], scene.Table.Living, 1 << 20).Length, 100, 600);
    }

    [Fact]
    public void A_day_of_a_hundred_processes_takes_less_than_thirty_megabytes()
    {
        var scene = new Scene();
        scene.Server("alice", 1000, 100);
        for (var i = 0; i < 99; i++)
            scene.Claude(200 + i, 100, 0, $"conversation-{i}");
        var (encoder, random) = (new RingEncoder(), new Random(5));
        var surface = scene.Map.Of(Scene.AliceUnit)!;
        var (bytes, used, segment, pid) = (0L, RingFormat.SegmentSize, 0UL, 1000);
        for (var at = Start; at < Start + 86_400_000; at += 5000)
        {
            // Half of them do something, a third change their size, and a tool comes and goes with every look.
            foreach (var process in scene.Table.Living)
            {
                if (random.Next(2) == 0)
                    process.CpuTicks += random.Next(200);
                if (random.Next(3) == 0)
                    process.Sizes.Add(at, (200L << 20) + (random.Next(400) << 20));
            }
            scene.Run(pid, 200, at, ["ugrep", "-n", $"needle-{pid}", "src"]);
            scene.Table.Exited(pid - 1, at, 0);
            pid++;
            var sample = new SurfaceSample
            {
                Current = random.NextInt64(6L << 30),
                Cap = 6L << 30,
                Tasks = pid % 50,
            };
            if (RingFormat.SegmentSize - used < 16 << 10)
            {
                encoder.Begin(++segment, at);
                used = RingFormat.HeaderSize;
            }
            used += RingFormat.FrameHead + encoder.Frame(at, [(surface, sample)], scene.Table.Living, 1 << 20).Length;
            bytes = ((long)(segment - 1) * RingFormat.SegmentSize) + used;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{bytes / 1e6:0.0} MB");
        Assert.InRange(bytes, 1_000_000, 30_000_000);
    }

    [Fact]
    public void A_segment_that_has_no_room_leaves_processes_out_and_stays_readable()
    {
        var scene = new Scene(kept: 10);
        scene.Server("alice", 1000, 100);
        for (var i = 0; i < 10_000; i++)
            scene.Run(200 + i, 100, 0, ["tool", new string('x', 150), $"{i}"]);
        var (segment, _) = Write(scene, 3, _ => { });
        Assert.InRange(RingScene.At(segment, long.MaxValue)!.Processes.Count(), 1000, 9999);
    }

    [Fact]
    public void Damaged_anywhere_it_is_read_up_to_there_and_never_wrong()
    {
        var (segment, frames) = Busy();
        var written = segment.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        Gen.Select(Gen.Int[0, written - 1], Gen.Byte[1, 255], Gen.Int[0, frames.Count - 1])
            .Sample(
                (at, with, frame) =>
                {
                    var broken = segment.ToArray();
                    broken[at] ^= with;
                    if (RingScene.At(broken, frames[frame].At) is not { } scene)
                        return;
                    // Whatever moment it is of, what it says of that moment is true.
                    Assert.Equal(frames.Single(one => one.At == scene.Milliseconds).Truth, Truth(scene));
                },
                iter: 3000
            );
    }

    [Fact]
    public void Frames_of_an_older_round_are_not_taken_for_new_ones()
    {
        var (segment, _) = Busy();
        RingFormat.WriteHeader(segment, 8, 99, Start);
        Assert.Null(RingScene.At(segment, long.MaxValue));
    }

    [Fact]
    public void No_content_with_a_true_checksum_makes_the_reader_throw() =>
        Gen.OneOf(Gen.Byte.Array[1, 200], Gen.Byte[0, 5].Array[1, 60])
            .Sample(content =>
            {
                var segment = new byte[RingFormat.HeaderSize + RingFormat.FrameHead + content.Length];
                RingFormat.WriteHeader(segment, 7, 99, Start);
                RingFormat.WriteFrameHead(segment.AsSpan(RingFormat.HeaderSize), content, 7);
                content.CopyTo(segment.AsSpan(RingFormat.HeaderSize + RingFormat.FrameHead));
                _ = RingScene.At(segment, long.MaxValue)?.Processes.Count();
            });

    [Fact]
    public void A_moment_is_shown_as_a_tree()
    {
        var scene = new Scene();
        scene.Server("alice", 1000, 100);
        scene.Claude(200, 100, 0).Sizes.Add(0, 212 << 20);
        scene.Run(300, 200, 0, ["ugrep", "-o", "needle", "/"]).Sizes.Add(0, 5L << 30);
        scene.Claude(201, 100, 0, "other");
        scene.Server("bob", 1001, 101);
        var (segment, _) = Write(scene, 1, _ => { });
        var text = ReplayText.Render(RingScene.At(segment, long.MaxValue)!, "alice", TimeZoneInfo.Utc, 100);
        Golden.Matches("Recording/golden/replay.txt", text);
    }
}
