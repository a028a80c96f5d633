#!/usr/bin/env bash
# boot.sh SUITE PORT CONSOLE PAYLOAD [MEMORY]: boots a disposable workstation in the foreground, its ssh on 127.0.0.1:PORT,
# its console in the file CONSOLE, the ext4 image PAYLOAD at /payload. Nothing it does outlives it: the disk is a snapshot,
# and the machine ends when the standard input of this script is closed, so also when its caller is killed.
# Software emulation on purpose: hardware acceleration may open and then hang where virtualisation is nested.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=$1 port=$2 console=$3 payload=$4 memory=${5:-3072}
need qemu-system-x86_64 qemu-system-x86
image=$("$here/image.sh" "$suite")
qemu-system-x86_64 \
    -machine q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 -m "$memory" \
    -nodefaults -no-reboot -display none -serial "file:$console" \
    -kernel "$image/vmlinuz" -initrd "$image/initrd" \
    -append 'root=/dev/vda rw console=ttyS0 quiet loglevel=3 systemd.show_status=0 mitigations=off random.trust_cpu=on audit=0' \
    -drive "file=$image/disk.raw,format=raw,if=virtio,snapshot=on,cache=unsafe" \
    -drive "file=$payload,format=raw,if=virtio,readonly=on" \
    -netdev "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=n,romfile= \
    -device virtio-rng-pci </dev/null &
machine=$!
exec 3<&0
{
    cat <&3 >/dev/null
    kill "$machine" 2>/dev/null
} &
wait "$machine" || true
