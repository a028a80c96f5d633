using Berth.HostTests.Machine;
using Xunit;

namespace Berth.HostTests;

/// <summary>Changes while people work, crashes in the middle, and a host that is not as one would wish.</summary>
public sealed class LifecycleTests(Debian13 vm) : IClassFixture<Debian13>
{
    [Fact]
    public async Task A_changed_cap_reaches_running_servers_sessions_and_open_panes_without_a_restart()
    {
        await Fresh();
        await vm.LetIn("alice");
        (await vm.As("alice", "tmux kill-server 2>/dev/null; tmux new-session -d -s work; sleep 1")).Ok();
        const string pids = "systemctl show -p MainPID,NRestarts standin-serve@alice; pgrep -u alice tmux";
        var before = await vm.Ask(pids);

        await vm.Write(
            "/etc/berth/roster.yaml",
            StandIns.Roster.Replace(
                "memory: 300M, session-memory: 400M, pane-memory: 200M",
                "memory: 330M, session-memory: 440M, pane-memory: 220M",
                StringComparison.Ordinal
            )
        );
        (await vm.Berth("plan")).Ok().Says("interrupts nobody");
        (await vm.Berth("apply")).Ok();

        const string live =
            "cat /sys/fs/cgroup"
            + "/berth.slice/berth-servers.slice/standin-serve@alice.service/memory.max /sys/fs/cgroup/user.slice/user-$(id -u alice).slice/memory.max $(find /sys/fs/cgroup/user.slice -path '*tmux-spawn*' -name memory.max)";
        Assert.Equal($"{330 << 20}\n{440 << 20}\n{220 << 20}", await vm.Ask(live));
        Assert.Equal(before, await vm.Ask(pids));
        (await vm.Berth("apply")).Ok().Says("Nothing to do.");
        // A later reload or set-property of systemd's own keeps what the roster says.
        (
            await vm.Run("systemctl daemon-reload && systemctl set-property --runtime standin-serve@alice CPUWeight=90")
        ).Ok();
        Assert.StartsWith($"{330 << 20}", await vm.Ask(live), StringComparison.Ordinal);
        (
            await vm.Run(
                "systemctl revert standin-serve@alice.service >/dev/null; rm -rf /run/systemd/system.control; systemctl daemon-reload"
            )
        ).Ok();
    }

    [Fact]
    public async Task Killed_at_twenty_random_points_the_next_apply_converges()
    {
        await Fresh();
        var answer = await vm.Run(
            """
            seed=$RANDOM; RANDOM=$seed; echo "seed $seed"
            rm -f /tmp/told; mkfifo /tmp/told
            killed=0
            # A run that ended before its blow fell is no kill: it is tried again, twenty count.
            for ((i = 1; i <= 60 && killed < 20; i++)); do
                size=$((220 + i)); sed -i "s/memory: [0-9]*M, s/memory: ${size}M, s/" /etc/berth/roster.yaml
                if [ $((i % 4)) = 0 ]; then berth uninstall >/dev/null; userdel -r bob 2>/dev/null; fi
                steps=$(berth plan | tail -1 | grep -oE '^[0-9]+')
                after=$((RANDOM % (steps - 1)))
                berth apply --no-wait >/tmp/told 2>/dev/null & pid=$!
                {
                    for ((n = 0; n < after; n++)); do read -r _; done
                    sleep 0.$(printf %03d $((RANDOM % 60)))
                    kill -9 $pid && echo "killed in round $i, after $after of $steps steps"
                    cat >/dev/null
                } </tmp/told
                wait $pid 2>/dev/null; [ $? = 137 ] && killed=$((killed + 1))
                berth apply --no-wait >/tmp/again 2>&1 || { echo "round $i:"; cat /tmp/again; exit 1; }
                berth plan | grep -q '^Nothing to do' || { echo "round $i is not converged:"; berth plan; exit 1; }
                rest=$(find /etc /var/lib/berth -name '*.new' -o -path '*/.staging/*'); test -z "$rest" || { echo "round $i left $rest"; exit 1; }
                grep -q '"unfinished": false' /var/lib/berth/manifest.json || { echo "round $i is unfinished"; exit 1; }
                test $(cat /sys/fs/cgroup/berth.slice/berth-servers.slice/standin-serve@alice.service/memory.max) = $((size << 20)) || { echo "round $i: wrong cap"; exit 1; }
            done
            echo "$killed kills"
            """,
            TimeSpan.FromMinutes(20)
        );
        answer.Ok().Says("20 kills");
        TestContext.Current.TestOutputHelper?.WriteLine(answer.Stdout);
    }

    [Fact]
    public async Task What_one_person_lacks_is_told_in_a_line_and_the_others_are_served()
    {
        await Fresh();
        (
            await vm.Run(
                """
                useradd -m erin && mv /home/erin /home/elsewhere && ln -s elsewhere /home/erin
                useradd -m -u 4242 frank
                systemd-run -q --unit squatter --uid bob standin serve --port 4040
                systemd-run -q --unit other --uid frank sleep 1000
                echo '# mine' >>/etc/systemd/system/standin-serve@bob.service.d/50-berth.conf
                """
            )
        ).Ok();
        await vm.Until("ss -Hltn 'sport = :4040' | grep -q .");
        await vm.Write(
            "/etc/berth/roster.yaml",
            StandIns.Roster.Replace("reserve: 256M", "reserve: 256M, overcommit: true", StringComparison.Ordinal)
                + "\n  erin: {}\n  frank: {uid: 4000}\n  grace: {port: 4040}\n  heidi: {groups: [nosuchgroup]}\n  daemon1: {}\n"
        );

        var apply = await vm.Berth("apply");

        apply
            .Exits(2)
            .Says("erin: home /home/erin is a symbolic link")
            .Says("frank: the account exists with uid 4242, the roster says 4000")
            .Says("grace: port 4040 is taken by a process of bob")
            .Says("heidi: there is no group nosuchgroup")
            .Says("drift   /etc/systemd/system/standin-serve@bob.service.d/50-berth.conf was edited by hand");
        (
            await vm.Run(
                "for u in alice bob heidi daemon1; do systemctl is-active -q standin-serve@$u || exit 1; done; ! systemctl is-active -q standin-serve@erin; tail -1 /etc/systemd/system/standin-serve@bob.service.d/50-berth.conf | grep -q mine"
            )
        ).Ok();
        (
            await vm.Run(
                "systemctl stop squatter other; userdel -r erin; rm -rf /home/elsewhere; for u in frank grace heidi daemon1; do userdel -r -f $u; done; true"
            )
        ).Ok();
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply --overwrite-drift")).Ok();
    }

    [Fact]
    public async Task A_roster_that_others_can_write_is_not_acted_on()
    {
        await Fresh();
        (await vm.Run("chmod 666 /etc/berth/roster.yaml")).Ok();
        (await vm.Berth("apply")).Exits(2).Says("may be written by others");
        (await vm.Run("chmod 644 /etc/berth/roster.yaml; chown bob /etc/berth/roster.yaml")).Ok();
        (await vm.Berth("apply")).Exits(2).Says("belongs to uid");
        (await vm.Run("chown root /etc/berth/roster.yaml")).Ok();
        (await vm.Berth("apply")).Ok();
    }

    [Fact]
    public async Task A_read_only_etc_and_a_full_disk_are_told_and_running_servers_stay()
    {
        await Fresh();
        const string pids = "systemctl show -p MainPID standin-serve@alice standin-serve@bob";
        var before = await vm.Ask(pids);
        (
            await vm.Run(
                "sed -i 's/memory: 300M, s/memory: 310M, s/' /etc/berth/roster.yaml && mount --bind /etc /etc && mount -o remount,ro,bind /etc"
            )
        ).Ok();
        (await vm.Berth("apply")).Exits(2).Says("Read-only file system");
        (await vm.Run("umount /etc")).Ok();
        (
            await vm.Run(
                "berth apply --no-wait >/dev/null; sed -i 's/memory: 310M, s/memory: 320M, s/' /etc/berth/roster.yaml; dd if=/dev/zero of=/filler bs=1M 2>/dev/null; dd if=/dev/zero of=/filler2 bs=512 2>/dev/null; true"
            )
        ).Ok();
        (await vm.Berth("apply")).Exits(2).Says("No space left on device");
        (await vm.Run("rm /filler /filler2")).Ok();
        (await vm.Berth("apply")).Ok();
        (await vm.Berth("plan")).Ok().Says("Nothing to do.");
        Assert.Equal(before, await vm.Ask(pids));
        Assert.Equal($"{320 << 20}", await vm.Ask($"cat /sys/fs/cgroup{StandIns.Cgroup("alice")}/memory.max"));
    }

    [Fact]
    public async Task Parking_removing_and_bringing_back_a_person_is_reversible_and_purge_archives_first()
    {
        await Fresh();
        (await vm.Run("echo kept >/home/bob/work; chown bob: /home/bob/work")).Ok();
        (await vm.Run("berth users park bob && berth apply")).Ok();
        (await vm.Run("! systemctl is-active -q standin-serve@bob && su bob -c true")).Ok();
        (await vm.Run("berth users unpark bob && berth apply && systemctl is-active -q standin-serve@bob")).Ok();
        (await vm.Berth("users purge bob --yes")).Exits(2).Says("still in the roster");
        (await vm.Run("berth users remove bob && berth apply")).Ok();
        (await vm.Run("! systemctl is-active -q standin-serve@bob && ! su bob -c true && test -f /home/bob/work")).Ok();
        (
            await vm.Run(
                "berth users add bob && berth apply && su bob -c true && systemctl is-active -q standin-serve@bob"
            )
        ).Ok();
        (await vm.Run("berth users remove bob && berth apply && echo bob | berth users purge bob"))
            .Ok()
            .Says("Archived");
        (
            await vm.Run(
                "! id bob 2>/dev/null && test ! -e /home/bob && tar -xzOf /var/lib/berth/archive/bob-*.tar.gz ./work | grep -q kept && test $(stat -c %a /var/lib/berth/archive) = 700"
            )
        ).Ok();
        (await vm.Run("rm -r /etc/berth/users.d && berth apply")).Ok();
    }

    private async Task Fresh()
    {
        await vm.Write("/etc/berth/roster.yaml", StandIns.Roster);
        (await vm.Berth("apply --overwrite-drift")).Ok();
    }
}
