#!/usr/bin/env bash
# boot.sh SUITE PORT CONSOLE PAYLOAD [MEMORY]: starts a disposable workstation in the foreground, its ssh on 127.0.0.1:PORT,
# its console in the file CONSOLE, the ext4 image PAYLOAD as its second disk. It goes on from a machine that has booted
# already: whoever drives it runs wake.sh in it first. Nothing it does outlives it: the disk is a snapshot, and the
# machine ends when the standard input of this script is closed, so also when its caller is killed.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=$1 port=$2 console=$3 payload=$4 memory=${5:-3072}
need qemu-system-x86_64 qemu-system-x86
image=$("$here/image.sh" "$suite")
booted=$("$here/booted.sh" "$suite" "$memory")
"$here/machine.sh" "$image" "$memory" "$port" "$console" "$booted/disk.raw" on "$payload" \
    -incoming "exec:cat '$booted/memory'" </dev/null &
machine=$!
exec 3<&0
{
    cat <&3 >/dev/null
    kill "$machine" 2>/dev/null
} &
wait "$machine" || true
