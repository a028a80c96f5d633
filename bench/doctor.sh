#!/usr/bin/env bash
# doctor.sh: starts the test machine and measures, in it, the doctor on a stock host, beside what a person would type to see
# a part of it: systemctl show of every unit, and systemd-cgls. The machine is emulated: the ratios are what to quote.
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../test/vm/common.sh"
# Read whole before it runs.
main() {
image=$("$repository/test/vm/image.sh" trixie)
work=$(mktemp -d)
"$repository/test/vm/payload.sh" "$work/payload.img"
port=$((20000 + RANDOM % 20000))
mkfifo "$work/alive"
"$repository/test/vm/boot.sh" trixie "$port" "$work/console" "$work/payload.img" <"$work/alive" 2>/dev/null &
exec 8>"$work/alive"
trap 'exec 8>&-; wait; rm -rf "$work"' EXIT
connect=(ssh -q -i "$image/key" -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=3 root@127.0.0.1)
for _ in $(seq 90); do "${connect[@]}" true 2>/dev/null && break || sleep 1; done
"${connect[@]}" "$("$repository/test/vm/wake.sh")"
"${connect[@]}" python3 /payload/bench/measure.py -n 5 doctor "'berth doctor'" show "'systemctl show --no-pager *'" cgls "'systemd-cgls --no-pager'"
}
main
exit
