#!/usr/bin/env bash
# checks.sh ROOT [SERVER] [PORT]: the peer of a plan with nothing to do. A straightforward script that makes the same checks: for each user
# of the roster, that the account is there, the home is theirs and closed, and that the three files say what they
# should. (It reads the roster with grep and knows one kind of server: a real one would do more.)
set -euo pipefail
root=${1%/} port=${3:-3773} server=${2:-t3}
variable=$([ "$server" = t3 ] && echo T3_PORT || echo PORT)
grep -oE '^  [a-z0-9]+:' "$root/etc/berth/roster.yaml" | tr -d ' :' | while read -r user; do
    IFS=: read -r _ _ uid _ _ home _ < <(grep "^$user:" "$root/etc/passwd")
    [ "$(stat -c '%u %a' "$root$home")" = "$uid 700" ] || echo "$user: home"
    grep -q "^$variable=$port\$" "$root/etc/$server-serve/$user.env" || echo "$user: port"
    grep -q '^MemoryMax=' "$root/etc/systemd/system/$server-serve@$user.service.d/50-berth.conf" || echo "$user: cap"
    [ "$(readlink "$root/etc/systemd/system/multi-user.target.wants/$server-serve@$user.service")" = "/etc/systemd/system/$server-serve@.service" ] || echo "$user: link"
    if [ -z "$root" ]; then
        [ "$(systemctl show -p MemoryMax --value "$server-serve@$user.service")" = "$(cat "/sys/fs/cgroup/berth.slice/berth-servers.slice/$server-serve@$user.service/memory.max")" ] || echo "$user: live cap"
    fi
    port=$((port + 1))
done
