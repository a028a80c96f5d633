namespace Berth.Doctoring;

/// <summary>Words that say nothing of anybody: those of distributions, of systemd's own units, of common packages, and those
/// that a rule goes by. What is not among them is left out of a bundle.</summary>
internal static class CommonWords
{
    /// <summary>How names of distributions begin (<c>PRETTY_NAME</c> of os-release(5)).</summary>
    public static readonly string[] Systems =
    [
        "Debian ",
        "Ubuntu ",
        "Fedora ",
        "Red Hat ",
        "CentOS ",
        "Rocky ",
        "AlmaLinux ",
        "Arch ",
        "openSUSE ",
        "SUSE ",
        "NixOS ",
        "Alpine ",
        "Raspbian ",
        "Linux Mint ",
        "Amazon ",
        "Oracle ",
    ];

    /// <summary>Programs that every host has, or that a rule goes by.</summary>
    public static readonly HashSet<string> Programs = Set(
        """
        systemd (sd-pam) sd-pam init sshd sshd-session bash sh dash zsh fish tmux screen node bun deno python3
        python claude codex opencode t3 code-server cloudcli berth earlyoom systemd-oomd nohang systemd-journald
        systemd-journal systemd-logind systemd-udevd systemd-networkd systemd-network systemd-resolved
        systemd-resolve systemd-timesyncd systemd-timesyn dbus-daemon dbus-broker dbus-broker-launch agetty cron
        crond dockerd containerd containerd-shim-runc-v2 podman rg ugrep bfs git npm cargo rustc make
        """
    );

    private static readonly HashSet<string> s_words = Set(
        """
        64 aarch64 accounts agent agents agetty all AlmaLinux Alpine Amazon amd64 anacron apache2 app apparmor
        apt Arch arm64 armv7l ask atd auditd autovt avahi aws azure background backlight backup berth besteffort
        bin binfmt Blue bookworm boot broker buildkit buildx bullseye burstable cache catalog cgroup json CentOS chrony
        chronyd claude clean Cloud cloud cloudcli code codex commit conf confext config conmon console Container
        container containerd containers control credentials cri crio cron crond cryptsetup d daemon daily db
        dbus Debian default defaults dev device dhclient dhcpcd dir docker dockerd done dpkg e2scrub earlyoom
        Edition emergency Enterprise env etc exec fail2ban Fedora final firewall firewalld first firstboot flush
        forky freedesktop fs fsck fstrim gateway gcp generic getty gnome GNU growfs guest halt Hat hibernate
        home homed hooks host hostname hostnamed httpd hugepages hvc0 hwdb hwe hybrid i686 id ifup ifupdown
        Image importd incus init initctl initial iptables Jammy Jellyfish journal journald kde keyboard kmod
        kube kubelet kubepods ldconfig Leap lib lib64 libexec libpod Linux load local localed lock log login
        logind logrotate lowlatency LTS lts lxc lxd machine machined makefs man manager mariadb media microsoft
        Mint mnt modprobe module modules mount mqueue multipathd mysql network networkd networking
        NetworkManager nftables nginx NixOS Noble nodes nohang ntpd Numbat oem online Onyx oom oomd opencode
        openSUSE opt Oracle org parent password path pcrextend pcrmachine pcrphase permit plasma Plow plymouth
        podman polkit polkitd postgresql poweroff ppc64el preload proc pstore pve qemu quotacheck quotaon random
        Raspbian reap reboot recorder Red redis release remount rescue resolved rfkill riscv64 Rocky root rpi
        rsyslog rsyslogd rt rtkit run runtime sbin scope screen seed selinux serial serve Server server servers
        service session sessions settle setup share shell shm sid sleep slice snap snapd socket spawn srv ssh
        sshd standard static Stream supplicant SUSE suspend swap sync sys sysconfig sysctl sysext syslog system
        systemd sysusers t3 target template terminal then timedated timer timesyncd tmp tmpfiles tmux tpm2
        trigger trixie tty1 tty2 tty6 ttyAMA0 ttyS0 Tumbleweed Ubuntu udev udevd udisks2 ufw ui unattended unit
        update upgrade upgrades upower user userdbd usr utmp v8 var vconsole verity veritysetup wait wall
        watchdog Workstation wpa WSL2 x86 zen
        """
    );

    public static bool Has(string word) => s_words.Contains(word);

    private static HashSet<string> Set(string words) =>
        new(words.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}
