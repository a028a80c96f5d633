#!/usr/bin/env bash
# gateway.sh BERTH WORK: the gateway beside its peers, in one run, on loopback, before the same upstream, with the same
# requests: a signed token, the plain header and a session cookie, of which each checks what it can. Says what it lacks
# and ends well where a package cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
berth=$1 work=$2/gateway
mkdir -p "$work/www" "$work/bin"

missing=()
while read -r program package; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$package")
done <<'LIST'
go golang-go
nginx nginx-light
haproxy haproxy
caddy caddy
wrk wrk
curl curl
openssl openssl
python3 python3
LIST
if [ ${#missing[@]} -gt 0 ]; then
    sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo -n)
    echo "installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
        echo "bench: please install ${missing[*]} for the figures of the gateway"
        exit 0
    }
fi
PATH=$PATH:/usr/sbin
ulimit -n "$(ulimit -Hn)"

(cd "$here/peers" && GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -o "$work/bin/" ./...)
dotnet publish "$here/peers/yarp" -r "linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)" -o "$work/bin" --nologo -v quiet
chp=$("$here/../scripts/npm.sh" configurable-http-proxy 20\ MB)/.bin/configurable-http-proxy

mapfile -t ports < <(python3 - <<'PY'
import socket
held = [socket.socket() for _ in range(16)]
for one in held:
    one.bind(("127.0.0.1", 0))
    print(one.getsockname()[1])
PY
)
files=${ports[0]} closing=${ports[1]} echo=${ports[2]} auth=${ports[3]} api=${ports[4]}

# What is fetched: 1 KiB, and 1 GiB in memory that takes none (a hole).
www=$work/www
head -c 1024 /dev/urandom | base64 -w0 | head -c 1024 >"$www/index.html"
mkdir "$www/auth" && cp "$www/index.html" "$www/auth/"
big=$(mktemp -d /dev/shm/berth-bench-XXXXXX)
truncate -s 1G "$big/1G"
ln -s "$big/1G" "$www/1G"

# shellcheck source=SCRIPTDIR/peers/config.sh
. "$here/peers/config.sh"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$big"' EXIT
start() { # NAME COMMAND...
    local name=$1
    shift
    "$@" >"$work/$name.out" 2>&1 </dev/null &
    last=$!
    pids+=("$last")
}
# NAME PORT PIDS: a line for gateway.py
peer() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/peers"; }

config_upstream >"$work/upstream.conf"
config_auth >"$work/auth.conf"
start upstream nginx -c "$work/upstream.conf" -e "$work/upstream.log"
start auth nginx -c "$work/auth.conf" -e "$work/auth.log"
auth_pid=$last
start echo "$work/bin/sockets" serve "127.0.0.1:$echo"

# shellcheck source=SCRIPTDIR/peers/berth.sh
. "$here/peers/berth.sh"
python3 "$here/peers/identity.py" "$work"
start_berth_jwt "${ports[5]}"
start_berth_link "${ports[6]}"

start go "$work/bin/dispatch" "127.0.0.1:${ports[7]}" "alice=$files" "bob=$echo" "carol=$closing"
peer "Go ReverseProxy (the seed's)" "${ports[7]}" "$last"
start go-plain "$work/bin/dispatch" -default-transport "127.0.0.1:${ports[8]}" "alice=$files" "bob=$echo" "carol=$closing"
peer "  with Go's default transport" "${ports[8]}" "$last"
start yarp "$work/bin/yarp" "${ports[15]}" "$files"
peer "bare YARP, Native AOT" "${ports[15]}" "$last"
config_nginx nginx-auth "${ports[9]}" server >"$work/nginx-auth.conf"
start nginx-auth nginx -c "$work/nginx-auth.conf" -e "$work/nginx-auth.log"
peer "nginx + auth_request" "${ports[9]}" "$last,$auth_pid"
config_nginx nginx-itself "${ports[10]}" itself >"$work/nginx-itself.conf"
start nginx-itself nginx -c "$work/nginx-itself.conf" -e "$work/nginx-itself.log"
peer "  which nginx answers itself" "${ports[10]}" "$last"
config_haproxy "${ports[11]}" >"$work/haproxy.cfg"
start haproxy haproxy -db -f "$work/haproxy.cfg"
peer "HAProxy + header check" "${ports[11]}" "$last"
config_caddy "${ports[12]}" >"$work/Caddyfile"
XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work start caddy caddy run --adapter caddyfile --config "$work/Caddyfile"
peer "Caddy forward_auth" "${ports[12]}" "$last,$auth_pid"
CONFIGPROXY_AUTH_TOKEN=bench start chp node "$chp" --ip 127.0.0.1 --port "${ports[13]}" --api-ip 127.0.0.1 --api-port "$api" --log-level error --default-target "http://127.0.0.1:$files"
peer "configurable-http-proxy" "${ports[13]}" "$last"
config_nginx nginx "${ports[14]}" none >"$work/nginx.conf"
start nginx nginx -c "$work/nginx.conf" -e "$work/nginx.log"
peer "bare nginx" "${ports[14]}" "$last"

for _ in $(seq 100); do
    curl -fso "$work/null" -X POST -H 'Authorization: token bench' -d "{\"target\":\"http://127.0.0.1:$echo\"}" "http://127.0.0.1:$api/api/routes/ws" && break
    sleep 0.2
done
python3 "$here/gateway.py" "$work" "$files"
