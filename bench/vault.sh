#!/usr/bin/env bash
# vault.sh BERTH DOUBLE WORK: berth-sync with 500 people over a minute of polls (CPU, requests), how long a change in the
# store takes to be delivered, and one pass beside the seed's shape: a shell with curl and jq for each person. Runs in a
# mount namespace of its own, so it needs root; a loop plays systemd's path unit.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
berth=$1 double=$2 work=$3/vault users=500
if [ "${4:-}" != inside ]; then
    for tool in curl jq unshare python3; do
        command -v "$tool" >/dev/null || { echo "bench: please install $tool for the figures of vault" && exit 0; }
    done
    [ "$(id -u)" = 0 ] || { echo "bench: the figures of vault need root" && exit 0; }
    exec unshare --mount --propagation private "${BASH_SOURCE[0]}" "$berth" "$double" "$3" inside
fi
mkdir -p "$work/credentials" /run/berth /run/private /var/lib/berth
mount -t tmpfs tmpfs /run/berth
mount -t tmpfs tmpfs /run/private
mount -t tmpfs tmpfs /var/lib/berth
mkdir -m 700 /run/private/berth-sync /var/lib/berth/vault
python3 - "$work" "$users" "$(hostname)" <<'PY'
import json, sys
work, users, host = sys.argv[1], int(sys.argv[2]), sys.argv[3]
state = {"policies": {}, "tokens": [], "entries": {}}
roster, passwd = [], []
for i in range(1, users + 1):
    user, token = f"u{i}", f"hvs.{i:090d}"
    path = f"claude/{user}"
    state["policies"][f"workstation-claude-{user}"] = (
        f'path "secret/data/{path}" {{ capabilities = ["create", "read", "update"] }}\n'
        f'path "secret/metadata/{path}" {{ capabilities = ["read"] }}\n')
    state["tokens"].append({"id": token, "display_name": f"{host}-claude-auth-{user}",
                            "policies": [f"workstation-claude-{user}"], "period": "768h"})
    state["entries"][f"secret/{path}"] = {"setup_token": "sk-ant-oat01-%095d" % i, "sibling": "kept"}
    for place in (f"{work}/credentials/vault_{user}.cred", f"/var/lib/berth/vault/{user}.json"):
        with open(place, "w") as file:
            file.write(token)
    roster.append(f"  {user}: {{}}")
    passwd.append(f"{user}:x:{20000 + i}:{20000 + i}::/home/{user}:/bin/sh")
with open(f"{work}/state.json", "w") as file:
    json.dump(state, file)
with open(f"{work}/people", "w") as file:
    file.write("\n".join(roster) + "\n")
with open(f"{work}/passwd", "w") as file:
    file.write(open("/etc/passwd").read() + "\n".join(passwd) + "\n")
PY
mount --bind "$work/passwd" /etc/passwd
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=https://127.0.0.1:$port
"$double" --port "$port" --ca-file "$work/ca.pem" --root-token-file "$work/root-token" --state "$work/state.json" >"$work/double.log" 2>&1 &
echo $! >"$work/pids"
trap 'kill $(cat "$work/pids") 2>/dev/null; wait 2>/dev/null || true' EXIT
for _ in $(seq 100); do grep -q listens "$work/double.log" && break || sleep 0.1; done
{
    echo "store: {kind: vault, address: \"$address\", path: \"secret/claude/{user}\", ca-file: $work/ca.pem}"
    echo users:
    cat "$work/people"
} >"$work/roster.yaml"
ask() { curl -fsS --cacert "$work/ca.pem" -H "X-Vault-Token: $(cat "$work/root-token")" "$@"; }

VAULT_ADDR=$address VAULT_CACERT=$work/ca.pem BERTH_STORE_PATH='secret/claude/{user}' \
    CREDENTIALS_DIRECTORY=$work/credentials RUNTIME_DIRECTORY=/run/private/berth-sync \
    "$berth" sync --daemon >"$work/sync.log" 2>&1 &
sync=$!
echo $sync >>"$work/pids"
while true; do
    if [ -e /run/private/berth-sync/changed ]; then "$berth" token sync -r "$work/roster.yaml" >/dev/null 2>&1 || true; fi
    sleep 0.05
done &
echo $! >>"$work/pids"
for _ in $(seq 300); do [ -e /run/berth/tokens/u$users ] && break || sleep 0.2; done
[ -e /run/berth/tokens/u$users ] || { echo "bench: not everybody was served" >&2 && exit 1; }
sleep 8

cpu() { awk '{print ($14 + $15) * 10}' /proc/$sync/stat; }
requests() { ask "$address/_double/requests" | jq .total; }
before=$(cpu) asked=$(requests) seconds=60
sleep $seconds
spent=$(($(cpu) - before)) made=$(($(requests) - asked))
awk -v cpu=$spent -v made=$made -v users=$users -v s=$seconds -v rss="$(awk '/VmRSS/ {print $2}' /proc/$sync/status)" 'BEGIN {
    printf "%-34s%8.2f %% of a core (under 1 wanted)\n", "berth-sync, " users " people, polling", cpu / s / 10
    printf "%-34s%8.2f (1 wanted), %.1f MB resident\n", "requests per person and 4 s poll", made / users / (s / 4), rss / 1024 }'

for i in 1 2 3 4 5; do
    user=u$((i * 97))
    ask -X POST "$address/v1/secret/data/claude/$user" -d "{\"data\":{\"setup_token\":\"$(printf 'sk-ant-oat01-%094dz' "$i")\"}}" >/dev/null
    begun=$(date +%s%N)
    until head -1 /run/berth/tokens/$user | grep -q 'z$'; do sleep 0.02; done
    echo $((($(date +%s%N) - begun) / 1000000))
    sleep 1.3
done | sort -n | awk '{v[NR] = $1} END {printf "%-34s%8.0f ms median, %d ms most (under 5000 wanted)\n", "a change to delivered", v[3], v[NR]}'
kill $sync
wait $sync || { echo "bench: berth-sync did not end as it should" >&2 && exit 1; }
cat >"$work/seed.sh" <<SEED
for i in \$(seq $users); do
    bash -c 'curl -fs --cacert $work/ca.pem -H "X-Vault-Token: \$(cat $work/credentials/vault_u'\$i'.cred)" $address/v1/secret/data/claude/u'\$i' | jq -er .data.data.setup_token >/dev/null'
done
SEED
cat >"$work/pass.sh" <<PASS
VAULT_ADDR=$address VAULT_CACERT=$work/ca.pem BERTH_STORE_PATH='secret/claude/{user}' CREDENTIALS_DIRECTORY=$work/credentials RUNTIME_DIRECTORY=$work/run exec $berth sync
PASS
mkdir -p "$work/run"
echo "one whole reading of everybody (a start), beside the seed's:"
python3 "$here/measure.py" -n 3 berth-sync "bash $work/pass.sh" seed "bash $work/seed.sh"
