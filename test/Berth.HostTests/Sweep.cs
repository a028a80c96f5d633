using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Looks for secrets everywhere that they must not be, on the whole host.</summary>
internal static class Sweep
{
    /// <param name="vm">The machine.</param>
    /// <param name="needles">A shell command that prints what is looked for, one a line: all of it or a telling piece.</param>
    /// <param name="stores">Where secrets may be: folders that only root, or root and one service, may enter.</param>
    public static async Task For(Vm vm, string needles, params IReadOnlyList<string> stores)
    {
        await vm.Run($"umask 077; {{ {needles}; }} | grep . >/root/needles");
        Assert.NotEqual("0", await vm.Ask("wc -l </root/needles"));
        foreach (
            var (where, look) in ((string, string)[])
                [
                    (
                        "a command line",
                        "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -aF -f /root/needles | head -3"
                    ),
                    ("the journal", "journalctl -o export --no-pager | grep -aF -f /root/needles | head -3"),
                    ("the kernel's log", "dmesg | grep -F -f /root/needles | head -3"),
                    (
                        "Berth's own files, logs or homes",
                        "grep -rlaF -f /root/needles /var/log /etc /var/lib /tmp /var/tmp /home 2>/dev/null | head -3"
                    ),
                    (
                        "a file that others may read",
                        "find / -xdev -type f -perm /044 -newer /etc/hostname -size -2M -print0 2>/dev/null | xargs -0 grep -laF -f /root/needles 2>/dev/null | head -3"
                    ),
                    (
                        "a file in /run that others may read",
                        $"find /run {string.Join(' ', stores.Select(store => $"-path {store} -prune -o"))} -type f -perm /077 -print0 2>/dev/null | xargs -0 grep -laF -f /root/needles 2>/dev/null | head -3"
                    ),
                    ("what a kill left", "find / -xdev -name '*.new' -newer /etc/hostname 2>/dev/null | head -3"),
                ]
        )
        {
            var found = await vm.Ask($"{look} || true");
            Assert.True(found is "", $"a secret is in {where}: {found}");
        }
        // The control: it finds what is there.
        Assert.NotEqual("", await vm.Ask("grep -rlaF -f /root/needles /run/berth/tokens | head -1"));
        await vm.Run("rm /root/needles");
    }

    /// <summary>Nobody's process has what is another's.</summary>
    public static async Task Environments(Vm vm, string user, string foreign) =>
        Assert.Equal(
            "",
            await vm.Ask(
                $"for p in $(pgrep -u {user}); do tr '\\0' '\\n' </proc/$p/environ 2>/dev/null; done | grep {foreign} | head -1"
            )
        );
}
