#!/usr/bin/env bash
# machine.sh IMAGE MEMORY PORT CONSOLE DISK SNAPSHOT PAYLOAD [ARGUMENT...]: becomes the emulated machine; its hardware is
# described here alone, because a machine goes on only on the hardware that it booted on.
# Software emulation on purpose: hardware acceleration may open and then hang where virtualisation is nested.
# tsc=reliable: on a busy machine the kernel may find its clock unstable and patch its own running code for that, which
# emulation with two processors does not always survive (seen: "Oops: int3" in sched_clock_tick). panic=-1: a machine
# that is lost ends at once, and whoever waits for it is told.
set -euo pipefail
image=$1 memory=$2 port=$3 console=$4 disk=$5 snapshot=$6 payload=$7
shift 7
exec qemu-system-x86_64 \
    -machine q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 -m "$memory" \
    -nodefaults -no-reboot -display none -serial "file:$console" \
    -kernel "$image/vmlinuz" -initrd "$image/initrd" \
    -append 'root=/dev/vda rw console=ttyS0 quiet loglevel=3 systemd.show_status=0 mitigations=off random.trust_cpu=on audit=0 tsc=reliable panic=-1' \
    -drive "file=$disk,format=raw,if=virtio,snapshot=$snapshot,cache=unsafe" \
    -drive "file=$payload,format=raw,if=virtio,readonly=on" \
    -netdev "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=n,romfile= \
    -device virtio-rng-pci "$@"
