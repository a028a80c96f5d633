#!/usr/bin/env bash
# payload.sh FILE [claude]: packs what the workstation needs from outside into an ext4 image: berth, the stand-in
# server, the doubles of Vault and T3 Code, opencode; and Claude Code where it is asked for (it is large).
# shellcheck source=test/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=$1
need mke2fs e2fsprogs
for built in publish/berth doubles/standin doubles/vault-double doubles/t3; do
    [ -x "$repository/artifacts/$built" ] || {
        echo "vm: artifacts/$built is missing: run 'make publish'" >&2
        exit 2
    }
done
stage=$(mktemp -d "$(dirname "$file")/stage-XXXXXX")
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/bin"
cp "$repository/artifacts/publish/berth" "$repository/artifacts/doubles/standin" \
    "$repository/artifacts/doubles/vault-double" "$repository/artifacts/doubles/t3" "$stage/bin/"
cp -L "$("$repository/scripts/agent.sh" opencode)" "$stage/bin/opencode"
if [ "${2:-}" = claude ]; then cp -L "$("$repository/scripts/agent.sh" claude)" "$stage/bin/claude"; fi
if [ -d "$repository/bench" ]; then cp -r "$repository/bench" "$stage/bench"; fi
truncate -s "$payload_size" "$file"
mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d "$stage" "$file"
