#!/usr/bin/env bash
# watchdog-machine.sh: starts the test machine and measures, in it, from a listener that is closed while its process lives
# to the first good answer.
exec "$(dirname "${BASH_SOURCE[0]}")/../test/vm/run.sh" trixie - <<'VM'
set -e
cat >/etc/berth/roster.yaml <<'R'
watchdog: {restarts: 20}
host: {reserve: 256M, overcommit: true}
servers: {standin: {preset: custom, ports: 4000-, ready: /ready, command: [standin, serve, --port, "{port}"]}}
defaults: {memory: 120M}
users: {alice: {}}
R
berth apply >/dev/null </dev/null
ask() { timeout 3 bash -c "exec 3<>/dev/tcp/127.0.0.1/4000; printf '$1 HTTP/1.1\r\nHost: x\r\n\r\n' >&3; cat <&3" 2>/dev/null </dev/null; }
answered() { until ask 'GET /ready' | grep -q standin; do sleep 0.05; done; }
median() { sort -n | awk '{v[NR] = $1} END {printf "%d", v[int((NR + 1) / 2)]}'; }
own=$(for _ in 1 2 3 4 5; do
    # systemd starts nothing more than five times in ten seconds.
    sleep 3
    begun=$(date +%s%N)
    systemctl restart standin-serve@alice </dev/null
    answered
    echo $((($(date +%s%N) - begun) / 1000000))
done | median)
dead=$(for _ in $(seq 9); do
    # Known to be ready, and not always at the same moment of a round.
    sleep "1$((RANDOM % 3)).$((RANDOM % 9))"
    ask 'POST /wound?closed' >/dev/null
    begun=$(date +%s%N)
    sleep 0.3
    answered
    echo $((($(date +%s%N) - begun) / 1000000))
done | median)
# On average half a minute until it is asked, two minutes until the third strike, then its restart.
seed=$((30000 + 120000 + own))
awk -v dead="$dead" -v own="$own" -v seed=$seed 'BEGIN {
    printf "%-44s%10d ms median, of which its own start %d (under 5000 besides wanted)\n", "a dead listener to a good answer", dead, own
    printf "%-44s%10d ms, computed: asked each minute, three strikes (%.0f x)\n", "the seed", seed, seed / dead }'
VM
