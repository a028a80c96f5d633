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
"${connect[@]}" bash -s <<'VM'
set -e
TIMEFORMAT='%R %U %S'
# Medians of wall and CPU of a command with its children, in ms; the peak is that of their cgroup.
measure() {
    local name=$1 wall cpu peak
    shift
    read -r wall cpu < <(for _ in 1 2 3 4 5; do
        { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{printf "%d %d\n", $1 * 1000, ($2 + $3) * 1000}'
    done | sort -n | sed -n 3p)
    peak=$(systemd-run --wait --pipe "$@" 2>&1 >/dev/null | sed -n 's/.*[Mm]emory peak: \([^ ]*\).*/\1/p')
    printf '%-28s%8s ms wall%8s ms CPU%10s peak\n' "$name" "$wall" "$cpu" "$peak"
}
measure "berth doctor" "$(readlink -f /usr/local/bin/berth)" doctor
measure "systemctl show, every unit" systemctl show --no-pager '*'
measure "systemd-cgls" systemd-cgls --no-pager
VM
}
main
exit
