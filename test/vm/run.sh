#!/usr/bin/env bash
# run.sh [SUITE [SCRIPT]]: a shell as root in a disposable workstation with berth in it. With SCRIPT (a file; - for what it
# is fed) it runs that instead, prints what that prints, and ends as it does. Nothing is left after it.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=${1:-trixie} script=${2:-}
[ "$script" != - ] || script=/dev/fd/3
exec 3<&0
image=$("$here/image.sh" "$suite")
work=$(mktemp -d)
"$here/payload.sh" "$work/payload.img"
port=$((20000 + RANDOM % 20000))
mkfifo "$work/alive"
"$here/boot.sh" "$suite" "$port" "$work/console" "$work/payload.img" <"$work/alive" 3<&- 2>"$work/errors" &
exec 8>"$work/alive"
trap 'exec 8>&-; wait; rm -rf "$work"' EXIT
connect=(ssh -q -i "$image/key" -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1)
[ -n "$script" ] || printf 'vm: booting %s (about half a minute) ' "$suite"
for _ in $(seq 90); do
    if "${connect[@]}" -o ConnectTimeout=2 "$("$here/wake.sh")" 2>/dev/null </dev/null; then
        if [ -n "$script" ]; then
            "${connect[@]}" bash -s <"$script"
            exit
        fi
        echo
        echo "vm: you are root on a disposable $suite; try: berth init && berth plan. 'exit' throws it away."
        "${connect[@]}" -t || true
        exit 0
    fi
    [ -n "$script" ] || printf .
    sleep 1
done
echo "vm: it did not boot; its console:" >&2
tail -20 "$work/console" "$work/errors" >&2
exit 1
