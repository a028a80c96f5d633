#!/usr/bin/env bash
# berth.sh: sourced by gateway.sh. The same three people before the same servers, led by Berth: once by a signed header,
# once by a sign-in link, each with its access log, as it runs on a host.
# shellcheck disable=SC2154

# PORT IDENTITY
config_berth() {
    python3 - "$1" "$2" "$files" "$echo" "$closing" <<'PY'
import json, os, sys
port, identity = sys.argv[1:3]
routes = [
    {"user": user, "login": f"{user}@example.com", "uid": os.getuid(), "server": "bench", "preset": "custom",
     "ready": {"path": None, "json-property": None, "basic-user": None, "password-variable": None},
     "host": "127.0.0.1", "port": int(server), "home": "/nowhere", "state": "Serving", "command": ""}
    for user, server in zip(("alice", "bob", "carol"), sys.argv[3:6])
]
identity = {
    "kind": None, "header": None, "jwks": None, "issuer": None, "audience": None, "secret-file": None, "claim": "email",
    "secret-header": "X-Berth-Secret", "clock-skew": 60, "session-days": 30, **json.loads(identity)}
gateway = {"listen": f"127.0.0.1:{port}", "identity": identity, "proxies": [], "proxy-protocol": False}
json.dump({"gateway": gateway, "routes": routes}, sys.stdout, indent=2)
PY
}

# NAME PORT IDENTITY
start_berth() {
    config_berth "$2" "$3" >"$work/$1.json"
    mkdir -m 700 "$work/$1"
    start "$1" "$berth" gateway --config "$work/$1.json" --state "$work/$1" --control "$work/$1.sock"
}

start_berth_jwt() { # PORT
    start_berth berth-jwt "$1" "{\"kind\": \"jwt\", \"header\": \"X-Berth-Jwt\", \"jwks\": \"$work/jwks.json\", \"issuer\": \"https://issuer.example\", \"audience\": \"bench\"}"
    peer "berth, signed header" "$1" "$last"
}

# Signs everybody in by a link, as a browser does, and adds what they then hold to what they send.
start_berth_link() { # PORT
    start_berth berth-link "$1" '{"kind": "link"}'
    peer "berth, sign-in link" "$1" "$last"
    local person link cookie
    for person in alice bob carol; do
        for _ in $(seq 100); do
            link=$("$berth" link "$person" --socket "$work/berth-link.sock" 2>/dev/null) && break
            sleep 0.1
        done
        cookie=$(curl -fsS -o /dev/null -D - -H "Origin: http://127.0.0.1:$1" --data-urlencode "token=${link#*token=}" "${link%%\?*}" |
            sed -n 's/^set-cookie: \([^;]*\);.*/\1/ip')
        [ -n "$cookie" ] || {
            echo "bench: $person could not be signed in" >&2
            return 1
        }
        sed -i "s/^Cookie: .*/&; $cookie/" "$work/headers/$person"
    done
}
