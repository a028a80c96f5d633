using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>The recorder's own files in trouble, people who come, and terminals that are told.</summary>
public sealed class RecorderFaultTests(Debian13 vm) : IClassFixture<Debian13>
{
    private const string Folder = "/var/lib/berth/recorder";

    /// <summary>Takes what SQLite takes to write (WAL_WRITE_LOCK), as a program that never lets go of it.</summary>
    private const string Locker =
        "perl -e '$| = 1; open my $f, \"+<\", shift or die; my $l = pack(\"s s x4 q q i x4\", 1, 0, 120, 1, 0); fcntl($f, 6, $l) or die; print \"locked\\n\"; sleep 600'";

    private static string Hog(string mark) =>
        $"perl -e 'push @k, chr(97 + $_ % 20) x (1 << 20) for 0 .. 500; sleep 9' {mark}";

    private async Task Kill(string mark) =>
        (await vm.Run(StandIns.Spawn(StandIns.AlicePort, $"exec {Hog(mark)}"))).Ok();

    private async Task Told(string mark) => await vm.Until($"berth incidents --json | grep -q '{mark}'", seconds: 40);

    private async Task Says(string text) => await vm.Until($"journalctl -u berth-recorder -o cat | grep -q '{text}'");

    [Fact]
    public async Task Full_locked_and_damaged_files_cost_no_incident_and_make_no_wrong_one()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply")).Ok();

        // A disk without room for the ring: incidents are told all the same.
        (
            await vm.Run(
                $"systemctl stop berth-recorder && mount -t tmpfs -o size=1M none {Folder} && systemctl start berth-recorder"
            )
        ).Ok();
        await Says("samples are not kept on disk");
        await Kill("without-a-ring");
        await Told("without-a-ring");

        // Without room for anything: told when there is some.
        (await vm.Run($"cat /dev/zero >{Folder}/filler 2>/dev/null; true")).Ok();
        await Kill("full-one");
        await Says("incidents are kept in memory and tried again");
        await Kill("full-two");
        // Disks are looked at every 5 s.
        (await vm.Run($"sleep 6; rm {Folder}/filler")).Ok();
        await Told("full-one");
        await Told("full-two");
        await vm.Until("berth incidents --kind disk-nearly-full | grep -q 'nearly full'");

        // A file that somebody holds.
        (
            await vm.Run(
                $"({Locker} {Folder}/incidents.db-shm >/root/locked 2>&1 & echo $! >/root/locker); for i in {{1..50}}; do grep -q locked /root/locked && exit; sleep 0.2; done; exit 1"
            )
        ).Ok();
        await Kill("while-locked");
        await vm.Until("journalctl -u berth-recorder -o cat | grep -q 'database is locked'");
        (await vm.Run("! berth incidents --json | grep -q while-locked && kill $(cat /root/locker)")).Ok();
        await Told("while-locked");

        // Both files hold nonsense.
        (
            await vm.Run(
                $"systemctl stop berth-recorder && umount {Folder} && for f in ring incidents.db; do dd if=/dev/urandom of={Folder}/$f bs=64k count=1 conv=notrunc 2>/dev/null; done; rm -f {Folder}/*-wal {Folder}/*-shm; systemctl start berth-recorder"
            )
        ).Ok();
        await Says("is damaged");
        await Kill("after-damage");
        await Told("after-damage");
        Assert.Equal("1", await vm.Ask($"ls {Folder} | grep -c 'damaged-[0-9]*$'"));
        await vm.Until("berth replay alice | grep -q standin");

        Assert.Equal("0", await vm.Ask("systemctl show -p NRestarts --value berth-recorder"));
        await Somebody_new_is_followed();
        await A_shell_is_told_of_its_kill_unless_its_terminal_is_closed_to_others();
    }

    private async Task Somebody_new_is_followed()
    {
        const string main = "systemctl show -p MainPID --value berth-recorder";
        var before = await vm.Ask(main);
        (await vm.Berth("users add dave --login dave@example.com")).Ok();
        (await vm.Berth("apply --no-wait")).Ok();
        await Says("follows 3 people");
        Assert.Equal(before, await vm.Ask(main));
        await vm.Until("berth replay dave | grep -q standin");
    }

    private async Task A_shell_is_told_of_its_kill_unless_its_terminal_is_closed_to_others()
    {
        (
            await vm.Run(
                "ssh-keygen -q -t ed25519 -N '' -f /root/k; H=~alice; install -d -m 700 -o alice -g alice $H/.ssh; install -m 600 -o alice -g alice /root/k.pub $H/.ssh/authorized_keys"
            )
        ).Ok();
        // What mesg(1) does.
        foreach (var (mesg, lines) in new[] { ("y", "1"), ("n", "0") })
        {
            var shown = await vm.Ask(
                $$"""
                {
                    echo 'chmod g{{(mesg is "y" ? "+" : "-")}}w $(tty)'; echo "{{Hog($"mesg-{mesg}").Replace(
                    "$",
                    "\\$",
                    StringComparison.Ordinal
                )}}"
                    until berth incidents --json | grep -q mesg-{{mesg}}; do sleep 0.3; done
                    sleep 1; echo exit
                } | ssh -tt -i /root/k -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -q alice@127.0.0.1 | grep -c '^berth: your .perl'
                true
                """
            );
            Assert.Equal(lines, shown);
        }
    }
}
