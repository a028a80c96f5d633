#!/usr/bin/env bash
# lint.sh: what a reviewer should not have to say. Formatting, shell scripts, the 400-line limit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dotnet tool restore >/dev/null
dotnet csharpier check . || {
    echo "lint: run 'make format'" >&2
    exit 1
}
git ls-files '*.sh' .ci/run | xargs shellcheck --severity=warning -x
long=$(git ls-files '*.cs' '*.sh' | xargs wc -l | awk '$2 != "total" && $1 > 400')
if [ -n "$long" ]; then
    echo "lint: longer than 400 lines; another room is wanted:" >&2
    echo "$long" >&2
    exit 1
fi
echo "lint: fine"
