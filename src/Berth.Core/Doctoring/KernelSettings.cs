using Berth.Units;

namespace Berth.Doctoring;

/// <summary>PSI-OFF, SYSCTL-PANIC, SYSCTL-ALLOCATING and JOURNAL-VOLATILE.</summary>
internal static class KernelSettings
{
    public static IEnumerable<Finding> Pressure(Landscape host)
    {
        if (host is { AnyPeople: true, Snapshot.Pressure: false })
            yield return Finding.Of(
                "PSI-OFF",
                "host",
                "/proc/pressure/memory is not there, or says nothing",
                "a stall cannot be seen: neither systemd-oomd nor Berth's recorder and watchdog notice one",
                "boot with psi=1 on the kernel's command line"
            );
    }

    public static IEnumerable<Finding> Panic(Landscape host)
    {
        if (host.Snapshot.Settings.PanicOnOom is > 0 and var value)
            yield return Finding.Of(
                "SYSCTL-PANIC",
                "vm.panic_on_oom",
                $"vm.panic_on_oom = {value}",
                value == 2
                    ? "any kill for memory, also one at somebody's own cap, reboots or halts the whole machine"
                    : "when the machine is out of memory it panics, where it could have killed one hog",
                "sysctl -w vm.panic_on_oom=0, and take it out of /etc/sysctl.d"
            );
    }

    public static IEnumerable<Finding> Allocating(Landscape host)
    {
        if (host.Snapshot.Settings.KillAllocating is > 0)
            yield return Finding.Of(
                "SYSCTL-ALLOCATING",
                "vm.oom_kill_allocating_task",
                $"vm.oom_kill_allocating_task = {host.Snapshot.Settings.KillAllocating}",
                "when the machine is out of memory whoever asks for the next page dies: a server as likely as the hog",
                "sysctl -w vm.oom_kill_allocating_task=0, and take it out of /etc/sysctl.d"
            );
    }

    public static IEnumerable<Finding> Journal(Landscape host)
    {
        if (host is not { AnyPeople: true, Snapshot.Settings.VolatileJournal: true })
            yield break;
        var finding = Finding.Of(
            "JOURNAL-VOLATILE",
            "systemd-journald.service",
            "the journal is in /run only",
            "after a crash and a reboot nobody can tell what happened: the kernel's last words are gone",
            "mkdir -p /var/log/journal; systemctl restart systemd-journald (with Storage= not set to volatile in journald.conf)"
        );
        // Its own evidence of kills and stalls is on disk.
        yield return host.Snapshot.Units.Any(unit => unit is { Name: RecorderUnits.Service, Active: true })
            ? finding with
            {
                Severity = Severity.Info,
            }
            : finding;
    }
}
