#!/usr/bin/env bash
# heal.sh BERTH WORK: how long a login that a refresh race has wiped stays wiped while its owner's watch runs (under 5 s
# wanted; the seed looked every six hours).
set -euo pipefail
berth=$1 work=$2/heal
mkdir -p "$work/home/.claude" "$work/state"
as=()
if [ "$(id -u)" = 0 ]; then
    # The watch is a person's, never root's.
    chown -R 65534:65534 "$work" && chmod 755 "$2"
    as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
file=$work/home/.claude/.credentials.json
login() {
    printf '{"claudeAiOauth":{"accessToken":"%s","refreshToken":"%s","expiresAt":%s,"refreshTokenExpiresAt":4102444800000,"scopes":["user:inference"]},"mcpOAuth":{"kept":1}}' "$1" "$1" "$2" |
        "${as[@]}" tee "$file.new" >/dev/null
    "${as[@]}" mv "$file.new" "$file"
}
login good 99
"${as[@]}" env HOME="$work/home" STATE_DIRECTORY="$work/state" PATH=/usr/bin:/bin "$berth" login watch >"$2/heal.log" 2>&1 &
watch=$!
trap 'kill $watch 2>/dev/null; wait 2>/dev/null || true' EXIT
until [ -s "$work/state/claude.json" ]; do sleep 0.1; done
for _ in $(seq 9); do
    sleep "0.$((RANDOM % 9))"
    login '' 0
    begun=$(date +%s%N)
    until grep -q '"refreshToken":"good"' "$file"; do sleep 0.005; done
    echo $((($(date +%s%N) - begun) / 1000000))
    grep -q '"kept":1' "$file" || { echo "bench: a sibling key is lost" >&2 && exit 1; }
done | sort -n | awk '{v[NR] = $1} END {printf "%-34s%8d ms median, %d ms most (under 5000 wanted)\n", "a wiped login to restored", v[5], v[NR]}'
