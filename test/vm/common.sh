# Sourced by the scripts beside it: where things are, and how to say that something is missing.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
# A machine that goes on finds disks of the size that it booted with; the file is sparse.
payload_size=2G
cache="${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/vm"

# need PROGRAM PACKAGE: stops with the command that installs what is missing.
need() {
    command -v "$1" >/dev/null || {
        echo "vm: $1 is missing: run 'make setup' (or: apt-get install $2)" >&2
        exit 2
    }
}

# as_root COMMAND...: a root file system is made as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
