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
modules=$("$here/npm.sh" "$agent" "$size")
echo "$modules/$program"
