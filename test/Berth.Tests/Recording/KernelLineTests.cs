using System.Text;
using CsCheck;
using Xunit;

namespace Berth.Recording;

public sealed class KernelLineTests
{
    private static readonly string[] s_kernels = ["5.4", "5.10", "6.1", "6.12", "6.18"];

    private static string Text(ReadOnlySpan<byte> escaped) =>
        Printable.Text(KmsgRecord.Unescape(escaped, new byte[escaped.Length]), 400);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Show(string record)
    {
        if (!KmsgRecord.TryParse(Bytes(record + "\n"), out var read))
            return "no record";
        var line = KernelLine.Parse(read.Text);
        var text = new StringBuilder(line.Kind.ToString());
        if (line.Pid != 0)
            text.Append($" pid {line.Pid}");
        if (line.Uid >= 0 && line.Kind is KernelLineKind.Chosen or KernelLineKind.Killed)
            text.Append($" uid {line.Uid}");
        if (line.Name.Length > 0)
            text.Append($" '{Text(line.Name)}'");
        if (line.Rss > 0)
            text.Append($" rss {line.Rss}");
        if (line.CapCgroup.Length > 0)
            text.Append($" cap {Text(line.CapCgroup)}");
        if (line.TaskCgroup.Length > 0)
            text.Append($" task {Text(line.TaskCgroup)}");
        return text.ToString();
    }

    [Fact]
    public void Lines_of_kernels_from_5_4_to_6_18_are_read()
    {
        var text = new StringBuilder();
        foreach (var kernel in s_kernels)
        {
            text.Append($"== {kernel}\n");
            foreach (var record in Golden.Text($"Recording/corpus/{kernel}.txt").TrimEnd('\n').Split('\n'))
                text.Append(Show(record)).Append('\n');
        }
        Golden.Matches("Recording/golden/kernel-lines.txt", text.ToString());
    }

    [Theory]
    [InlineData(
        "Out of memory (oom_kill_allocating_task): Killed process 7 (a) total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB, UID:5 pgtables:1kB oom_score_adj:0",
        "Killed pid 7 uid 5 'a' rss 2048"
    )]
    [InlineData("Tasks in /user.slice/x are going to be killed due to memory.oom.group set", "Group cap /user.slice/x")]
    [InlineData(
        "cgroup: fork rejected by pids controller in /user.slice/user-1000.slice",
        "ForkRejected task /user.slice/user-1000.slice"
    )]
    [InlineData("oom_kill_process: 12 callbacks suppressed", "Suppressed")]
    [InlineData("net_ratelimit: 12 callbacks suppressed", "Other")]
    [InlineData(
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=b,pid=7,uid=5",
        "Chosen pid 7 uid 5 'b' task /a"
    )]
    [InlineData("oom_reaper: unable to reap pid:7 (a)", "Other")]
    [InlineData("usb 1-1: new device", "Other")]
    [InlineData("", "Other")]
    public void Rarer_lines_are_read_as_well(string text, string read) => Assert.Equal(read, Show($"4,1,2,-;{text}"));

    private static readonly Gen<string> s_name = Gen.OneOf(
            Gen.OneOf(
                ",pid=1,uid=0",
                ",task=sshd",
                ") total-vm:1kB",
                "(sd-pam)",
                "sshd",
                "2.1.205",
                "",
                "a b",
                ",uid=0",
                " UID:0 ",
                "anon-rss:1kB",
                " invoked oom"
            ),
            Gen.String[Gen.Char[' ', '~'], 0, 15]
        )
        .Where(name => name.Length <= 15);

    [Fact]
    public void No_name_that_a_process_takes_changes_who_is_meant() =>
        s_name.Sample(name =>
        {
            var escaped = name.Replace("\\", "\\x5c", StringComparison.Ordinal);
            var killed = KernelLine.Parse(
                Bytes(
                    $"Memory cgroup out of memory: Killed process 4711 ({escaped}) total-vm:900kB, anon-rss:500kB, file-rss:20kB, shmem-rss:1kB, UID:1000 pgtables:1kB oom_score_adj:0"
                )
            );
            Assert.Equal(
                (KernelLineKind.Killed, 4711, 1000, 521L << 10),
                (killed.Kind, killed.Pid, killed.Uid, killed.Rss)
            );
            Assert.Equal(escaped, Encoding.UTF8.GetString(killed.Name));
            var chosen = KernelLine.Parse(
                Bytes(
                    $"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/berth.slice,task_memcg=/berth.slice/agents-of-alice,task={escaped},pid=4711,uid=1000"
                )
            );
            Assert.Equal((KernelLineKind.Chosen, 4711, 1000), (chosen.Kind, chosen.Pid, chosen.Uid));
            Assert.Equal(escaped, Encoding.UTF8.GetString(chosen.Name));
            Assert.Equal("/berth.slice/agents-of-alice", Encoding.UTF8.GetString(chosen.TaskCgroup));
        });

    [Fact]
    public void No_bytes_make_the_readers_throw() =>
        Gen
            .Byte.Array[0, 300]
            .Sample(bytes =>
            {
                _ = KernelLine.Parse(bytes).Kind;
                _ = KmsgRecord.TryParse(bytes, out _);
                Assert.True(KmsgRecord.Unescape(bytes, new byte[bytes.Length]).Length <= bytes.Length);
            });

    [Fact]
    public void A_real_line_that_was_cut_or_damaged_is_never_read_as_somebody_elses_death()
    {
        var lines = s_kernels
            .SelectMany(kernel => Golden.Text($"Recording/corpus/{kernel}.txt").TrimEnd('\n').Split('\n'))
            .ToArray();
        Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, 700], Gen.Bool, Gen.Byte)
            .Sample(
                (at, cut, flip, with) =>
                {
                    var whole = Bytes(lines[at] + "\n");
                    cut %= whole.Length;
                    Assert.True(KmsgRecord.TryParse(whole, out var record));
                    var real = KernelLine.Parse(record.Text);
                    var broken = flip ? whole.ToArray() : whole[..cut];
                    if (flip)
                        broken[cut] = with;
                    if (!KmsgRecord.TryParse(broken, out var read))
                        return;
                    var line = KernelLine.Parse(read.Text);
                    // A flipped digit is a different number and cannot be told; a cut record is none at all.
                    Assert.True(flip || (line.Kind == real.Kind && line.Pid == real.Pid));
                },
                iter: 20_000
            );
    }

    [Fact]
    public void What_a_program_writes_into_the_log_is_not_the_kernels_word()
    {
        Assert.True(
            KmsgRecord.TryParse("12,5,6,-;Memory cgroup out of memory: Killed process 1 (x)\n"u8, out var forged)
        );
        Assert.False(forged.FromKernel);
        Assert.True(KmsgRecord.TryParse("4,5,6,c,caller=T1;x\n SUBSYSTEM=mm\n"u8, out var real));
        Assert.True(real.FromKernel);
        Assert.Equal((5L, 6L, "x"), (real.Sequence, real.Microseconds, Encoding.UTF8.GetString(real.Text)));
    }
}
