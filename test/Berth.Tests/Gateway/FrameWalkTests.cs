using CsCheck;
using Xunit;

namespace Berth.Gateway;

public sealed class FrameWalkTests
{
    [Fact]
    public void Frames_are_followed_however_they_are_cut()
    {
        var frame = Gen.Select(Gen.Int[0, 70_000], Gen.Bool, Gen.Int[0, 2], Gen.UInt);
        Gen.Select(frame.Array[1, 5], Gen.Int[1, 5000])
            .Sample(
                (frames, cut) =>
                {
                    var bytes = frames
                        .SelectMany(one => Frame((byte)one.Item3, new byte[one.Item1], one.Item2, one.Item4))
                        .ToArray();
                    var walk = new FrameWalk();
                    foreach (var chunk in bytes.Chunk(cut))
                        walk.Follow(chunk);
                    return walk.Frames == frames.Length && walk.IsAtBoundary && walk.CloseCode == 0;
                },
                iter: 200
            );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_Close_frame_says_why_byte_by_byte(bool masked)
    {
        var walk = new FrameWalk();
        foreach (
            var value in Frame(1, new byte[300], masked, 7)
                .Concat(Frame(8, [0x10, 0xE1, (byte)'x'], masked, 0xA1B2C3D4))
        )
            walk.Follow([value]);
        Assert.Equal(4321, walk.CloseCode);
        Assert.True(walk.IsAtBoundary);
        Assert.Equal(2, walk.Frames);
    }

    [Fact]
    public void A_Close_frame_without_a_code_is_1005()
    {
        var walk = new FrameWalk();
        walk.Follow(Frame(8, [], false, 0));
        Assert.Equal(1005, walk.CloseCode);
    }

    [Fact]
    public void In_the_middle_of_a_frame_nothing_can_be_put_in()
    {
        var frame = Frame(2, new byte[10], true, 1);
        for (var cut = 1; cut < frame.Length; cut++)
        {
            var walk = new FrameWalk();
            walk.Follow(frame.AsSpan(0, cut));
            Assert.False(walk.IsAtBoundary);
        }
    }

    [Fact]
    public void Berths_own_goodbye_is_a_whole_frame()
    {
        var walk = new FrameWalk();
        walk.Follow(FrameWalk.CloseFrame(1012));
        Assert.Equal((1012, true), (walk.CloseCode, walk.IsAtBoundary));
    }

    private static byte[] Frame(byte opcode, byte[] payload, bool masked, uint mask)
    {
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)payload.Length],
            < 65536 => [126, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [127, 0, 0, 0, 0, 0, (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        byte[] key = [(byte)(mask >> 24), (byte)(mask >> 16), (byte)(mask >> 8), (byte)mask];
        if (masked)
            length[0] |= 0x80;
        return
        [
            (byte)(0x80 | opcode),
            .. length,
            .. masked ? key : [],
            .. payload.Select((value, index) => masked ? (byte)(value ^ key[index % 4]) : value),
        ];
    }
}
