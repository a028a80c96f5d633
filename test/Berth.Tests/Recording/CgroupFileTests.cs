using CsCheck;
using Xunit;

namespace Berth.Recording;

public sealed class CgroupFileTests
{
    [Fact]
    public void Numbers_and_the_absence_of_a_cap_are_read()
    {
        Assert.True(CgroupNumber.TryParse("1048576\n"u8, out var value));
        Assert.Equal(1048576, value);
        Assert.True(CgroupNumber.TryParse("max\n"u8, out value));
        Assert.Equal(long.MaxValue, value);
        // What a short read has cut off would be a number that is too small.
        Assert.False(CgroupNumber.TryParse("10485"u8, out _));
        Assert.False(CgroupNumber.TryParse("-1\n"u8, out _));
        Assert.False(CgroupNumber.TryParse(""u8, out _));
    }

    [Fact]
    public void Events_are_read_from_kernels_with_and_without_group_kills()
    {
        Assert.True(MemoryEvents.TryParse("low 0\nhigh 7\nmax 882948\noom 3\noom_kill 2\n"u8, out var older));
        Assert.Equal(new MemoryEvents(7, 882948, 3, 2), older);
        Assert.True(
            MemoryEvents.TryParse("low 0\nhigh 7\nmax 1\noom 3\noom_kill 2\noom_group_kill 9\n"u8, out var newer)
        );
        Assert.Equal(2, newer.OomKill);
        Assert.False(MemoryEvents.TryParse(""u8, out _));
        Assert.True(PidsEvents.TryParse("max 12\n"u8, out var pids));
        Assert.Equal(12, pids.Refused);
    }

    [Fact]
    public void Pressure_is_read()
    {
        Assert.True(
            Pressure.TryParse(
                "some avg10=12.50 avg60=0.00 avg300=0.00 total=900\nfull avg10=8.05 avg60=0.00 avg300=0.00 total=700\n"u8,
                out var pressure
            )
        );
        Assert.Equal(new Pressure(1250, 900, 805, 700), pressure);
        // CPU pressure of older kernels has no second line.
        Assert.True(Pressure.TryParse("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"u8, out _));
        Assert.False(Pressure.TryParse("some avg10=0.00 avg60=0.00 avg300=0.00 tot"u8, out _));
        Assert.False(Pressure.TryParse("some avg10=x avg60=0.00 avg300=0.00 total=1\n"u8, out _));
    }

    [Fact]
    public void Statistics_are_read()
    {
        Assert.True(
            MemoryStat.TryParse("anon 10\nfile 20\nkernel 1\nshmem 5\ninactive_file 7\nslab 3\n"u8, out var memory)
        );
        Assert.Equal(new MemoryStat(10, 20, 7, 5), memory);
        Assert.True(CpuStat.TryParse("usage_usec 5\nuser_usec 3\nsystem_usec 2\nthrottled_usec 9\n"u8, out var cpu));
        Assert.Equal(new CpuStat(5, 9), cpu);
        Assert.Equal(
            new IoStat(300, 50),
            IoStat.Parse("254:0 rbytes=100 wbytes=50 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=200 wbytes=0\n"u8)
        );
        Assert.Equal(default, IoStat.Parse(""u8));
    }

    [Fact]
    public void No_bytes_make_the_readers_throw_or_give_a_negative_number() =>
        Gen.OneOf(
                Gen.Byte.Array[0, 200],
                Gen.OneOf(
                        "max ",
                        "oom_kill ",
                        "anon ",
                        "usage_usec ",
                        "some avg10=",
                        " total=",
                        "9",
                        "-",
                        "1.25",
                        "\n",
                        " rbytes="
                    )
                    .Array[0, 20]
                    .Select(pieces => System.Text.Encoding.UTF8.GetBytes(string.Concat(pieces)))
            )
            .Sample(bytes =>
            {
                if (CgroupNumber.TryParse(bytes, out var value))
                    Assert.True(value >= 0);
                if (MemoryEvents.TryParse(bytes, out var events))
                    Assert.True(events is { High: >= 0, Max: >= 0, Oom: >= 0, OomKill: >= 0 });
                if (Pressure.TryParse(bytes, out var pressure))
                    Assert.True(pressure is { Some10: >= 0, SomeTotal: >= 0, Full10: >= 0, FullTotal: >= 0 });
                if (MemoryStat.TryParse(bytes, out var stat))
                    Assert.True(stat is { Anonymous: >= 0, File: >= 0, InactiveFile: >= 0 });
                if (CpuStat.TryParse(bytes, out var cpu))
                    Assert.True(cpu.Usage >= 0);
                Assert.True(IoStat.Parse(bytes) is { Read: >= 0, Written: >= 0 });
                if (PidsEvents.TryParse(bytes, out var pids))
                    Assert.True(pids.Refused >= 0);
            });
}
