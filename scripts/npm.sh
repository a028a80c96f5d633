#!/usr/bin/env bash
# npm.sh NAME [SIZE]: installs what scripts/NAME/package-lock.json (for 'web': web/package-lock.json) pins below the
# project's cache, once, and prints the path of its node_modules. No package's own script runs; what has to be compiled,
# scripts/NAME/build.sh compiles.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$1
source="$here/$name"
[ "$name" != web ] || source="$here/../web"
[ -f "$source/package-lock.json" ] || {
    echo "npm: there is no $source/package-lock.json" >&2
    exit 64
}
pins=("$source/package-lock.json")
[ ! -e "$source/build.sh" ] || pins+=("$source/build.sh")
lock=$(cat "${pins[@]}" | sha256sum | cut -c1-12)
folder="${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/$name/$lock"
if [ ! -d "$folder/node_modules" ]; then
    command -v npm >/dev/null || {
        echo "npm: npm is missing: install Node.js 20 or newer with npm" >&2
        exit 2
    }
    mkdir -p "$(dirname "$folder")"
    exec 9>"$(dirname "$folder")/.lock"
    flock 9
    if [ ! -d "$folder/node_modules" ]; then
        echo "npm: installing the pinned build of $name (about ${2:-5 MB}, once)" >&2
        new=$(mktemp -d "$folder.new-XXXXXX")
        trap 'rm -rf "$new"' EXIT
        cp "$source/package.json" "$source/package-lock.json" "$new/"
        npm ci --prefix "$new" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        [ ! -e "$source/build.sh" ] || "$source/build.sh" "$new"
        rm -rf "$folder"
        mv "$new" "$folder"
        trap - EXIT
    fi
fi
echo "$folder/node_modules"
