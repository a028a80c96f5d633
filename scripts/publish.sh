#!/usr/bin/env bash
# publish.sh: builds the native binary and the doubles that run beside it in the test machine, into artifacts/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rid=linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)
dotnet publish src/Berth -r "$rid" -o artifacts/publish --nologo -v quiet
dotnet publish test/Doubles/StandIn -r "$rid" -o artifacts/doubles --nologo -v quiet
dotnet publish test/Doubles/Vault -r "$rid" -o artifacts/doubles --nologo -v quiet
dotnet publish test/Doubles/T3 -r "$rid" -o artifacts/doubles --nologo -v quiet
echo "artifacts/publish/berth $(stat -c %s artifacts/publish/berth | numfmt --to=iec)"
