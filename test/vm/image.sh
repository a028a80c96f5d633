#!/usr/bin/env bash
# image.sh SUITE: builds the root file system of a disposable workstation (SUITE is trixie or bookworm) and prints the
# folder with disk.raw, vmlinuz, initrd and the ssh key. Built once, then found by the hash of this recipe.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=${1:-trixie}
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,udev,openssh-server,tmux,nftables,earlyoom,cron
packages+=,linux-image-cloud-amd64,initramfs-tools,procps,iproute2,sudo,util-linux,python3-minimal,passwd,strace,e2fsprogs,curl,ca-certificates,zsh
recipe=$(cat "${BASH_SOURCE[0]}" "$here/setup-guest.sh" | sha256sum | cut -c1-16)
image="$cache/$suite-$recipe"
mkdir -p "$cache"
exec 9>"$cache/.lock-$suite"
flock 9
if [ -e "$image/disk.raw" ]; then
    echo "$image"
    exit 0
fi

need mmdebstrap mmdebstrap
need mke2fs e2fsprogs
need ssh-keygen openssh-client
echo "vm: building a $suite root file system (about a minute, once)" >&2
new=$(mktemp -d "$cache/.new-XXXXXX")
trap 'as_root rm -rf "$new"' EXIT
ssh-keygen -q -t ed25519 -N '' -C berth-test-vm -f "$new/key"
as_root mmdebstrap --quiet --variant=minbase --include="$packages" \
    --customize-hook="bash $here/setup-guest.sh \"\$1\" $new/key.pub" \
    "$suite" "$new/root" >&2
as_root cp "$new"/root/boot/vmlinuz-* "$new/vmlinuz"
as_root cp "$new"/root/boot/initrd.img-* "$new/initrd"
as_root rm -rf "$new"/root/boot/vmlinuz-* "$new"/root/boot/initrd.img-* "$new"/root/var/cache/apt "$new"/root/var/lib/apt/lists
truncate -s 3G "$new/disk.raw"
as_root mke2fs -q -F -t ext4 -L root -E lazy_itable_init=1,lazy_journal_init=1 -d "$new/root" "$new/disk.raw"
as_root rm -rf "$new/root"
as_root chown -R "$(id -u):$(id -g)" "$new"
rm -rf "${cache:?}/$suite"-*
mv "$new" "$image"
trap - EXIT
echo "$image"
