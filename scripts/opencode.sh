#!/usr/bin/env bash
# opencode.sh: installs the pinned opencode below the project's cache, once, and prints the path of its one binary.
# The baseline build runs on every x86-64, with or without AVX2.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$(sha256sum "$here/opencode/package-lock.json" | cut -c1-12)
folder="${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/opencode/$lock"
binary="$folder/node_modules/opencode-linux-x64-baseline/bin/opencode"
if [ ! -x "$binary" ]; then
    command -v npm >/dev/null || {
        echo "opencode: npm is missing: install Node.js 20 or newer with npm" >&2
        exit 2
    }
    mkdir -p "$(dirname "$folder")"
    exec 9>"$(dirname "$folder")/.lock"
    flock 9
    if [ ! -x "$binary" ]; then
        echo "opencode: installing the pinned build (about 60 MB, once)" >&2
        new=$(mktemp -d "$folder.new-XXXXXX")
        trap 'rm -rf "$new"' EXIT
        cp "$here/opencode/package.json" "$here/opencode/package-lock.json" "$new/"
        npm ci --prefix "$new" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        rm -rf "$folder"
        mv "$new" "$folder"
        trap - EXIT
    fi
fi
echo "$binary"
