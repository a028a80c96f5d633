#!/usr/bin/env bash
# setup-guest.sh ROOT KEY: makes a fresh Debian root file system boot fast under emulation and let root in by key.
set -euo pipefail
root=$1 key=$2

echo workstation >"$root/etc/hostname"
echo '127.0.0.1 localhost workstation' >"$root/etc/hosts"
printf '/dev/vda / ext4 rw,noatime 0 1\n/dev/vdb /payload ext4 ro,noauto 0 0\n' >"$root/etc/fstab"
mkdir -p "$root/payload" "$root/root/.ssh"
cp "$key" "$root/root/.ssh/authorized_keys"
chmod 700 "$root/root/.ssh"
chmod 600 "$root/root/.ssh/authorized_keys"
mkdir -p "$root/etc/systemd/network"
printf '[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/vm.network"
chroot "$root" systemctl --quiet enable systemd-networkd ssh
# Timers and waits that only cost time in a machine that lives for a minute.
chroot "$root" systemctl --quiet mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer e2scrub_reap.service \
    systemd-binfmt.service sys-kernel-debug.mount sys-kernel-tracing.mount getty@tty1.service
# Kernel messages are read by tests: none may be lost.
mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/sysctl.d"
printf '[Journal]\nRateLimitIntervalSec=0\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/vm.conf"
printf 'kernel.printk_ratelimit=0\n' >"$root/etc/sysctl.d/vm.conf"
printf 'UseDNS no\nPerSourcePenalties no\nMaxStartups 100\n' >"$root/etc/ssh/sshd_config.d/vm.conf"
chroot "$root" sshd -t 2>/dev/null || sed -i /PerSourcePenalties/d "$root/etc/ssh/sshd_config.d/vm.conf"
# The first processor quota of a machine, and the end of its last, make the kernel patch its own scheduler while it runs,
# which emulation with two processors does not always survive (seen: "Oops: int3" in update_curr). An empty slice has one
# from boot to the end.
printf '[Slice]\nCPUQuota=1000%%\n' >"$root/etc/systemd/system/emulated.slice"
mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
ln -s ../emulated.slice "$root/etc/systemd/system/sysinit.target.wants/"
# The emulated machine's disk and network, and nothing else: the initrd stays small and boots fast.
printf 'MODULES=list\nCOMPRESS=gzip\n' >"$root/etc/initramfs-tools/conf.d/vm.conf"
printf 'virtio_pci\nvirtio_blk\nvirtio_net\next4\n' >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u 2>/dev/null
