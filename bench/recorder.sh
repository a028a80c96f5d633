#!/usr/bin/env bash
# recorder.sh BERTH WORK: one sample of 1,000 processes in 30 cgroups (under 15 ms CPU wanted), beside a shell with awk
# and jq for each process, which is the seed's shape (500 x wanted), atop and pidstat with the same fields. In a mount namespace of
# its own with a cgroup v2 tree of its own; needs root.
set -euo pipefail
berth=$1 work=$2/recorder processes=1000 people=15
if [ "${3:-}" != inside ]; then
    for tool in jq unshare python3; do
        command -v "$tool" >/dev/null || { echo "bench: please install $tool for the figures of the recorder" && exit 0; }
    done
    [ "$(id -u)" = 0 ] || { echo "bench: the figures of the recorder need root" && exit 0; }
    exec unshare --mount --propagation private "${BASH_SOURCE[0]}" "$berth" "$2" inside
fi
mkdir -p "$work"
stat -f -c %T /sys/fs/cgroup | grep -q cgroup2 || {
    umount -R /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
}
tree=/sys/fs/cgroup
cp /etc/passwd "$work/passwd"
cgroups=()
{
    echo 'servers: {idle: {preset: custom, ports: 4000-4999, command: [/bin/sleep, infinity], ready: tcp}}'
    echo users:
    for i in $(seq $people); do
        echo "  bench$i: {}"
        echo "bench$i:x:$((30000 + i)):$((30000 + i))::/home/bench$i:/bin/sh" >>"$work/passwd"
        cgroups+=("berth.slice/berth-servers.slice/idle-serve@bench$i.service" "user.slice/user-$((30000 + i)).slice")
    done
} >"$work/roster.yaml"
for i in $(seq $people); do
    cgroups+=("berth.slice/berth-servers.slice/idle-serve@bench$i.service" "user.slice/user-$((30000 + i)).slice")
done
mount --bind "$work/passwd" /etc/passwd
sleepers=()
finish() {
    kill "${sleepers[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    for cgroup in "${cgroups[@]}"; do rmdir "$tree/$cgroup" 2>/dev/null || true; done
    rmdir "$tree/berth.slice/berth-servers.slice" "$tree/berth.slice" 2>/dev/null || true
}
trap finish EXIT
for cgroup in "${cgroups[@]}"; do mkdir -p "$tree/$cgroup"; done
for i in $(seq $processes); do
    cgroup=$tree/${cgroups[$((i % ${#cgroups[@]}))]}
    # What an agent's tool is started with, more or less.
    bash -c 'exec -a "claude --output-format stream-json --session-id 3f2a9b00-0000-4000-8000-00000000$1 --verbose --model x" sleep 600' _ "$i" &
    sleepers+=($!)
    echo $! >"$cgroup/cgroup.procs"
done
printf '%s\n' "${sleepers[@]}" >"$work/pids"
sleep 2

"$berth" record --samples 200 --state "$work" --roster "$work/roster.yaml" >"$work/berth.txt"
read -r _ seen _ surfaces _ ours _ garbage _ rss <"$work/berth.txt"
[ "$seen" = $processes ] || { echo "bench: the recorder saw $seen processes of $processes" >&2 && exit 1; }

cpu() { python3 - "$@" <<'PY'
import os, subprocess, sys
null = open(os.devnull, "w")
subprocess.run(sys.argv[1:], stdout=null, stderr=null, check=True)
usage = os.times()
print(round((usage.children_user + usage.children_system) * 1000, 1))
PY
}
# The seed's: for each process what it is and how it is, as one line of JSON. A tenth of them, because it takes long.
cat >"$work/seed.sh" <<'SEED'
head -100 "$1" | while read -r pid; do
    rss=$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")
    uid=$(awk '/^Uid/ {print $2}' "/proc/$pid/status")
    ticks=$(awk '{print $14 + $15}' "/proc/$pid/stat")
    cgroup=$(awk -F: '/^0::/ {print $3}' "/proc/$pid/cgroup")
    argv=$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-200)
    jq -cn --arg pid "$pid" --arg rss "$rss" --arg uid "$uid" --arg ticks "$ticks" --arg cgroup "$cgroup" --arg argv "$argv" '$ARGS.named'
done
SEED
seed=$(($(cpu bash "$work/seed.sh" "$work/pids" | cut -d. -f1) * 10))
line() { printf '%-44s%10s ms CPU   %s\n' "$1" "$2" "${3:-}"; }
ratio() { awk -v a="$1" -v b="$ours" 'BEGIN {printf "%.0f x", a / b}'; }
line "berth, one sample of $processes in $surfaces cgroups" "$ours" "(under 15 wanted)"
line "the seed's shape" "$seed" "$(ratio "$seed") (500 x wanted)"
if command -v atop >/dev/null; then
    atop=$(cpu atop -P PRG,PRC,PRM 1 1)
    line "atop -P PRG,PRC,PRM 1 1" "$atop" "$(ratio "$atop")"
else
    echo "bench: please install atop for its figure"
fi
if command -v pidstat >/dev/null; then
    pidstat=$(cpu pidstat -u -r -l -p ALL 1 1)
    line "pidstat -u -r -l -p ALL 1 1" "$pidstat" "$(ratio "$pidstat")"
else
    echo "bench: please install sysstat for the figure of pidstat"
fi
printf '%-44s%10s bytes of garbage a sample, %s MB resident (under 60 wanted)\n' "" "$garbage" "$rss"
