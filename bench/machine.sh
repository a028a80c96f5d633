#!/usr/bin/env bash
# machine.sh: starts the test machine and measures, in it, an apply with nothing to do for 100 users against checks.sh.
exec "$(dirname "${BASH_SOURCE[0]}")/../test/vm/run.sh" trixie - <<'VM'
set -e
{
    echo 'host: {overcommit: true}'
    echo 'servers: {idle: {preset: custom, ports: 4000-4999, command: [/bin/sleep, infinity], ready: tcp}}'
    echo 'defaults: {memory: 64M, session-memory: 64M, pane-memory: 64M}'
    echo 'users:'
    for i in $(seq 100); do echo "  user$i: {login: user$i@example.com}"; done
} >/etc/berth/roster.yaml
berth apply --no-wait >/dev/null
berth plan | tail -1
/payload/bench/checks.sh / idle 4000
# CPU of the command and all its children (not of systemd itself, which the script keeps busy besides), in ms: the least of a few runs.
TIMEFORMAT='%U %S'
cpu() {
    for _ in $(seq "$1"); do
        { time "${@:2}" >/dev/null 2>&1; } 2>&1 | awk '{printf "%d\n", ($1 + $2) * 1000}'
    done | sort -n | head -1
}
ours=$(cpu 5 berth apply) theirs=$(cpu 2 /payload/bench/checks.sh / idle 4000)
printf '%-14s%10s CPU ms\n%-14s%10s CPU ms   ratio %s (at least 10 wanted)\n' "berth apply" "$ours" "shell" "$theirs" "$((theirs / ours))"
VM
