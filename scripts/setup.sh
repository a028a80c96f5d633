#!/usr/bin/env bash
# setup.sh: installs the Debian packages that building and testing need; where it may not, says exactly which.
set -euo pipefail
missing=()
while read -r program package; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$package")
done <<'LIST'
cc gcc
g++ g++
make make
mmdebstrap mmdebstrap
qemu-system-x86_64 qemu-system-x86
mke2fs e2fsprogs
ssh openssh-client
shellcheck shellcheck
flock util-linux
numfmt coreutils
chromium chromium
LIST
[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
compgen -G '/usr/lib/*/libsqlite3.a' >/dev/null || missing+=(libsqlite3-dev)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
# A client of Vault that is not ours, for Debian's own Python, whichever other one is first on PATH.
/usr/bin/python3 -c 'import hvac' 2>/dev/null || missing+=(python3-hvac)

if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || {
        echo "setup: please install: ${missing[*]} (no apt-get here to do it with)" >&2
        exit 2
    }
    sudo=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || {
            echo "setup: please run: sudo apt-get install ${missing[*]}" >&2
            exit 2
        }
        sudo=(sudo)
    fi
    echo "setup: installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.' || {
    echo "setup: please install the .NET 10 SDK (Debian: package dotnet-sdk-10.0 from Microsoft's feed)" >&2
    exit 2
}
command -v npm >/dev/null || {
    echo "setup: please install Node.js 20 or newer with npm" >&2
    exit 2
}
"$(dirname "${BASH_SOURCE[0]}")/promtool.sh" >/dev/null
