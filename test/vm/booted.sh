#!/usr/bin/env bash
# booted.sh SUITE MEMORY: prints the folder with a workstation that has booted once: its disk, its memory, and the
# machine's arguments. Every later start goes on from there, in seconds instead of a boot under emulation. Made once,
# then found by what it was made from.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=$1 memory=$2
image=$("$here/image.sh" "$suite")
recipe=$({ cat "${BASH_SOURCE[0]}" "$here/machine.sh" && qemu-system-x86_64 --version; } | sha256sum | cut -c1-16)
booted="$image/booted-$memory-$recipe"
exec 9>"$image/.lock"
flock 9
if [ -e "$booted/memory" ]; then
    echo "$booted"
    exit 0
fi

new=$(mktemp -d "$image/.new-XXXXXX")
machine=
trap 'exec 8>&-; [ -z "$machine" ] || kill "$machine" 2>/dev/null; rm -rf "$new"' EXIT
cp --sparse=always "$image/disk.raw" "$new/disk.raw"
truncate -s "$payload_size" "$new/payload.img"
mkfifo "$new/monitor"
# Under emulation on a busy machine a boot may stall; it is tried three times.
for attempt in 1 2 3; do
    echo "vm: booting $suite with $memory MB once, to go on from there (attempt $attempt)" >&2
    port=$((20000 + RANDOM % 10000))
    "$here/machine.sh" "$image" "$memory" "$port" "$new/console" "$new/disk.raw" off "$new/payload.img" \
        -monitor stdio <"$new/monitor" >"$new/said" 2>&1 &
    machine=$!
    exec 8>"$new/monitor"
    up=
    for _ in $(seq 120); do
        kill -0 "$machine" 2>/dev/null || break
        if ssh -q -i "$image/key" -p "$port" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
            -o ConnectTimeout=10 root@127.0.0.1 'timeout 60 systemctl is-system-running --wait >/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches; true'; then
            up=yes
            break
        fi
        sleep 2
    done
    if [ -n "$up" ]; then
        printf 'migrate_set_parameter max-bandwidth 10G\nmigrate "exec:cat >%s/memory"\nquit\n' "$new" >&8
        wait "$machine" || true
        machine=
        [ -s "$new/memory" ] && break
    fi
    [ -z "$machine" ] || kill "$machine" 2>/dev/null
    wait "$machine" 2>/dev/null || true
    exec 8>&-
    cp --sparse=always "$image/disk.raw" "$new/disk.raw"
    rm -f "$new/memory"
done
[ -s "$new/memory" ] || {
    echo "vm: the $suite machine did not boot in three attempts; its console:" >&2
    tail -20 "$new/console" "$new/said" >&2
    exit 2
}
exec 8>&-
rm -f "$new/monitor" "$new/payload.img"
rm -rf "$image/booted-$memory"-*
mv "$new" "$booted"
trap - EXIT
echo "$booted"
