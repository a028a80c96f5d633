#!/usr/bin/env bash
# agent.sh opencode|claude: installs the pinned agent below the project's cache, once, and prints the path of its one
# binary. opencode's baseline build runs on every x86-64, with or without AVX2.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
agent=$1
case $agent in
    opencode) program=opencode-linux-x64-baseline/bin/opencode size='60 MB' ;;
    claude) program=@anthropic-ai/claude-code-linux-x64/claude size='80 MB' ;;
    *) echo "agent: there is no agent '$agent' (opencode, claude)" >&2 && exit 64 ;;
esac
lock=$(sha256sum "$here/$agent/package-lock.json" | cut -c1-12)
folder="${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/$agent/$lock"
binary="$folder/node_modules/$program"
if [ ! -x "$binary" ]; then
    command -v npm >/dev/null || {
        echo "agent: npm is missing: install Node.js 20 or newer with npm" >&2
        exit 2
    }
    mkdir -p "$(dirname "$folder")"
    exec 9>"$(dirname "$folder")/.lock"
    flock 9
    if [ ! -x "$binary" ]; then
        echo "agent: installing the pinned build of $agent (about $size, once)" >&2
        new=$(mktemp -d "$folder.new-XXXXXX")
        trap 'rm -rf "$new"' EXIT
        cp "$here/$agent/package.json" "$here/$agent/package-lock.json" "$new/"
        npm ci --prefix "$new" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        rm -rf "$folder"
        mv "$new" "$folder"
        trap - EXIT
    fi
fi
echo "$binary"
