#!/usr/bin/env bash
# tokens.sh BERTH WORK: one pass over 500 unchanged tokens, beside the seed's shape: for each person one shell that asks
# over HTTP with curl and takes the field out with jq. Runs in a mount namespace of its own, so it needs root; the
# store is the unencrypted one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
berth=$1 work=$2/tokens users=500
if [ "${3:-}" != inside ]; then
    for tool in curl jq unshare python3; do
        command -v "$tool" >/dev/null || { echo "bench: please install $tool for the figures of tokens" && exit 0; }
    done
    [ "$(id -u)" = 0 ] || { echo "bench: the figures of tokens need root" && exit 0; }
    exec unshare --mount --propagation private "${BASH_SOURCE[0]}" "$berth" "$2" inside
fi
mkdir -p "$work" /run/berth /var/lib/berth
mount -t tmpfs tmpfs /run/berth
mount -t tmpfs tmpfs /var/lib/berth
cp /etc/passwd "$work/passwd"
mkdir -m 700 /var/lib/berth/credentials
{
    printf 'store: {kind: local}\nusers:\n'
    for i in $(seq $users); do
        printf '  u%d: {}\n' "$i"
        printf 'u%d:x:%d:%d::/home/u%d:/bin/sh\n' "$i" $((20000 + i)) $((20000 + i)) "$i" >>"$work/passwd"
        printf '{"version":1,"setup_token":"sk-ant-oat01-%095d"}' "$i" >"/var/lib/berth/credentials/u$i.json"
    done
} >"$work/roster.yaml"
mount --bind "$work/passwd" /etc/passwd
"$berth" token sync -r "$work/roster.yaml" >/dev/null
printf '{"data":{"data":{"setup_token":"sk-ant-oat01-x"},"metadata":{"version":1}}}' >"$work/entry.json"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -m http.server --bind 127.0.0.1 --directory "$work" "$port" >/dev/null 2>&1 &
trap 'kill %1' EXIT
sleep 1
cat >"$work/seed.sh" <<SEED
for i in \$(seq $users); do
    bash -c 'curl -fs http://127.0.0.1:$port/entry.json | jq -er .data.data.setup_token >/dev/null'
done
SEED
python3 "$here/measure.py" -n 3 berth-500 "$berth token sync -r $work/roster.yaml" seed-500 "bash $work/seed.sh"
