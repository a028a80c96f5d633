#!/usr/bin/env bash
# idle.sh BERTH FOLDER: resident memory of 'berth up' without servers and of an idle node, after three seconds.
set -euo pipefail
berth=$1 work=$2
printf 'servers: {}\nusers: {}\n' >"$work/nobody.yaml"
XDG_STATE_HOME=$work "$berth" up --roster "$work/nobody.yaml" >/dev/null &
up=$!
node -e 'setInterval(() => {}, 1000)' &
node=$!
sleep 3
rss() { awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
ours=$(rss $up) theirs=$(rss $node)
kill $up $node
wait $up || true
printf '%-14s%10s MB\n%-14s%10s MB   ratio %s\n' "berth up" "$ours" "node" "$theirs" "$(awk -v a="$theirs" -v b="$ours" 'BEGIN {printf "%.2f", a / b}')"
