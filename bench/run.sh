#!/usr/bin/env bash
# run.sh: the figures, each beside its peer in the same run. Whole-process figures of getrusage; medians of several runs.
# Absolute times are this machine's; the ratios are what to quote.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
berth=$PWD/artifacts/publish/berth
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() { python3 "$here/measure.py" "$@"; }

echo "== start: berth --version beside its peers (wall under 30 ms, peak under 25 MB wanted)"
measure -n 20 berth "$berth --version" node "node --version" python3 "python3 --version"

echo
echo "== plan on a converged host (1,000 users: under 150 ms CPU wanted; 10,000: at most linear)"
for users in 1000 10000; do
    "$here/image.sh" "$work/$users" "$users"
    "$berth" apply --root "$work/$users" --roster "$work/$users/etc/berth/roster.yaml" >/dev/null
    "$berth" plan --root "$work/$users" --roster "$work/$users/etc/berth/roster.yaml" | tail -1 | grep -q '^Nothing to do' || {
        echo "bench: the image of $users users is not converged" >&2
        exit 1
    }
done
plan() { echo "$berth plan --root $work/$1 --roster $work/$1/etc/berth/roster.yaml"; }
measure -n 7 berth-1000 "$(plan 1000)" berth-10000 "$(plan 10000)" shell-1000 "$here/checks.sh $work/1000"

echo
echo "== idle: berth up without servers (under 40 MB wanted), beside an idle node"
"$here/idle.sh" "$berth" "$work"

echo
echo "== tokens: one pass over 500 unchanged (under 1 s CPU wanted), beside the seed's shell, curl and jq (50 x wanted)"
"$here/tokens.sh" "$berth" "$work"

echo
echo "== logins: a wiped one to restored"
"$here/heal.sh" "$berth" "$work"

echo
echo "== vault: 500 people, beside the seed's shell, curl and jq (50 x wanted)"
"$here/vault.sh" "$berth" "$PWD/artifacts/doubles/vault-double" "$work"

echo
echo "== gateway: beside what else leads people to their own server, before the same one"
"$here/gateway.sh" "$berth" "$work"

echo
echo "== recorder: one sample of 1,000 processes (under 15 ms CPU wanted), beside the seed's shell, awk and jq, atop and pidstat"
"$here/recorder.sh" "$berth" "$work"

echo
echo "== watchdog: 500 servers watched; in the machine: a dead listener to a good answer (under 5 s besides its own start wanted)"
"$here/watchdog.sh" "$berth" "$work"

echo
echo "== doctor: in the machine, on a stock host (under 2 s wall and 40 MB peak wanted), beside systemctl show of every unit and systemd-cgls"
"$here/doctor.sh"

echo
echo "== in the machine: an apply with nothing to do, 100 users, beside a shell script with the same checks"
"$here/machine.sh"
