#!/usr/bin/env bash
# run.sh [SUITE]: a shell as root in a disposable workstation with berth in it. Nothing is left after it.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=${1:-trixie}
image=$("$here/image.sh" "$suite")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/payload.sh" "$work/payload.img"
port=$((20000 + RANDOM % 20000))
mkfifo "$work/alive"
"$here/boot.sh" "$suite" "$port" "$work/console" "$work/payload.img" <"$work/alive" &
exec 8>"$work/alive"
connect=(ssh -q -i "$image/key" -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1)
printf 'vm: booting %s (about half a minute) ' "$suite"
for _ in $(seq 90); do
    if "${connect[@]}" -o ConnectTimeout=2 "$("$here/wake.sh")" 2>/dev/null; then
        echo
        echo "vm: you are root on a disposable $suite; try: berth init && berth plan. 'exit' throws it away."
        "${connect[@]}" -t || true
        exec 8>&-
        wait
        exit 0
    fi
    printf .
    sleep 1
done
echo "vm: it did not boot; its console:" >&2
tail -20 "$work/console" >&2
exit 1
