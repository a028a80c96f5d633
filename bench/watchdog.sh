#!/usr/bin/env bash
# watchdog.sh BERTH WORK: what watching 500 people's servers costs, and how long a dead listener stays dead, beside the
# seed's shape (asked each minute, three strikes, restart). The cost is taken here, with one process that listens for all of
# them and a systemctl that only prints; the time in the test machine, with a real systemd. Needs root.
set -euo pipefail
berth=$1 work=$2/watchdog people=500 seconds=60
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${3:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "bench: the figures of the watchdog need root" && exit 0; }
    unshare --mount --propagation private "${BASH_SOURCE[0]}" "$berth" "$2" inside
    [ "${BERTH_BENCH_MACHINE:-1}" = 0 ] && exit 0
    exec "$here/watchdog-machine.sh"
fi
# What is laid over /run and /etc/berth below must be seen in here alone.
[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/$PPID/ns/mnt)" ] || { echo "bench: not in a mount namespace of its own" >&2 && exit 1; }
rm -rf "$work" && mkdir -p "$work/bin"
cp -a /etc "$work/etc" && mkdir -p "$work/etc/berth"
mount --bind "$work/etc" /etc
for folder in /var/lib /run; do mount -t tmpfs none "$folder"; done
mkdir -p /run/berth-watchdog
python3 - $people "$work" <<'PY' &
import asyncio, os, sys
people, work = int(sys.argv[1]), sys.argv[2]
body = b'{"healthy":true}'
answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
async def serve(reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    writer.close()
async def main():
    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(people)]
    with open(work + "/ports.new", "w") as f:
        f.writelines(f"{s.sockets[0].getsockname()[1]}\n" for s in servers)
    os.rename(work + "/ports.new", work + "/ports")
    await asyncio.Event().wait()
asyncio.run(main())
PY
server=$!
trap 'kill $server ${watch:-} 2>/dev/null; wait 2>/dev/null || true' EXIT
until [ -s "$work/ports" ]; do sleep 0.1; done
python3 - "$work" $server <<'PY'
import json, sys
work, pid = sys.argv[1], sys.argv[2]
ports = open(work + "/ports").read().split()
json.dump({"restarts": 3, "minutes": 10, "paired": False, "servers": [
    {"user": f"u{i}", "login": "", "uid": 0, "server": "idle", "preset": "custom",
     "ready": {"path": "/health", "json-property": "healthy", "basic-user": None, "password-variable": None},
     "host": "127.0.0.1", "port": int(port), "home": f"/home/u{i}", "state": "Serving", "command": ""}
    for i, port in enumerate(ports)]}, open("/etc/berth/watchdog.json", "w"))
open(work + "/shown", "w").write("\n".join(
    f"Id=idle-serve@u{i}.service\nActiveState=active\nResult=success\nMainPID={pid}\nNRestarts=0\nExecMainCode=0\n"
    f"ExecMainStatus=0\nExecMainExitTimestampMonotonic=0\nActiveEnterTimestampMonotonic=1\nFreezerState=running\n"
    for i in range(len(ports))))
PY
printf '#!/bin/sh\nexec cat %s\n' "$work/shown" >"$work/bin/systemctl"
chmod 755 "$work/bin/systemctl"
PATH="$work/bin:$PATH" "$berth" watch >"$work/log" 2>&1 &
watch=$!
ticks() { awk '{sub(/.*\) /, ""); print $12 + $13 + $14 + $15}' "/proc/$watch/stat"; }
sleep 15 # everybody has been asked once
begun=$(ticks)
sleep $seconds
used=$((($(ticks) - begun) * 1000 / $(getconf CLK_TCK)))
grep -q restarted "$work/log" && { echo "bench: the watchdog has restarted somebody" >&2 && cat "$work/log" >&2 && exit 1; }
rss=$(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$watch/status")
awk -v used="$used" -v s=$seconds -v rss="$rss" -v n=$people 'BEGIN {
    printf "%-44s%10.1f ms CPU a second, all in (%.1f %% of a core; %d questions of HTTP in it), %d MB resident\n", n " servers watched, asked every 10 s", used / s, used / s / 10, n / 10, rss }'
