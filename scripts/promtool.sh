#!/usr/bin/env bash
# promtool.sh: prints the path of promtool: the one on PATH, else Debian's own, taken once out of its package 'prometheus'
# into the project's cache. The package is not installed: on a host with systemd it would start a Prometheus.
set -euo pipefail
if command -v promtool; then
    exit 0
fi
cache="${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/promtool"
if [ ! -x "$cache/usr/bin/promtool" ]; then
    command -v apt-get >/dev/null || {
        echo "promtool: please install promtool (Prometheus): there is no apt-get here to do it with" >&2
        exit 2
    }
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    options=()
    sudo=()
    if [ "$(id -u)" = 0 ]; then
        options=(-o APT::Sandbox::User=root)
    else
        sudo=(sudo -n)
    fi
    (
        cd "$work"
        apt-get download -qq "${options[@]}" prometheus >&2 || {
            "${sudo[@]}" apt-get update -qq >&2
            apt-get download -qq "${options[@]}" prometheus >&2
        }
        dpkg-deb -x prometheus_*.deb root
    )
    mkdir -p "$cache/usr/bin"
    # In one step: two who start at once do not see half of it.
    mv "$work/root/usr/bin/promtool" "$cache/usr/bin/promtool.$$"
    mv "$cache/usr/bin/promtool.$$" "$cache/usr/bin/promtool"
fi
echo "$cache/usr/bin/promtool"
