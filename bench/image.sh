#!/usr/bin/env bash
# image.sh FOLDER USERS: a host's files below FOLDER with so many accounts, and a roster of them.
set -euo pipefail
root=$1 users=$2
mkdir -p "$root"/{etc/berth,usr/lib/systemd,usr/bin,home}
touch "$root/usr/lib/systemd/libsystemd-shared-257.so"
printf '#!/bin/sh\n' >"$root/usr/bin/t3"
python3 - "$root" "$users" <<'PY'
import os
import sys

root, users = sys.argv[1], int(sys.argv[2])
names = [f"user{i}" for i in range(users)]
with open(f"{root}/etc/passwd", "w") as passwd, open(f"{root}/etc/group", "w") as group:
    passwd.write("root:x:0:0::/root:/bin/bash\n")
    for i, name in enumerate(names):
        passwd.write(f"{name}:x:{1000 + i}:{1000 + i}::/home/{name}:/bin/bash\n")
        group.write(f"{name}:x:{1000 + i}:\n")
        os.makedirs(f"{root}/home/{name}", mode=0o700, exist_ok=True)
        os.chown(f"{root}/home/{name}", 1000 + i, 1000 + i)
with open(f"{root}/etc/berth/roster.yaml", "w") as roster:
    roster.write("host: {overcommit: true}\nservers: {t3: {preset: t3, ports: 3773-39999}}\ndefaults: {memory: 4G, session-memory: 2G, pane-memory: 1G}\nusers:\n")
    for name in names:
        roster.write(f"  {name}: {{login: {name}@example.com}}\n")
PY
