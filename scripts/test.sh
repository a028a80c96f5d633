#!/usr/bin/env bash
# test.sh unit|web|host...: runs test suites and adds them up in a last line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
passed=0 failed=0 skipped=0
mkdir -p artifacts/results
for suite in "$@"; do
    case $suite in
        unit) project=test/Berth.Tests ;;
        web) project=test/Berth.WebTests ;;
        host) project=test/Berth.HostTests ;;
        *) echo "test: there is no suite '$suite' (unit, web, host)" >&2 && exit 64 ;;
    esac
    echo "== $suite tests"
    name=$(basename "$project")
    dotnet build "$project" --nologo -v quiet || exit 1
    results=$PWD/artifacts/results/$suite.xml
    rm -f "$results"
    "$project/bin/Debug/net10.0/$name" -result-xml "$results" -showliveoutput
    # What counts is the results file: a run that died before it could write one has failed.
    if ! counts=$(grep -o '<assembly [^>]*>' "$results"); then
        echo "test: the $suite tests left no results" >&2
        failed=$((failed + 1))
        continue
    fi
    count() { grep -oE " $1=\"[0-9]+\"" <<<"$counts" | grep -oE '[0-9]+' | head -1; }
    passed=$((passed + $(count passed)))
    failed=$((failed + $(count failed) + $(count errors)))
    skipped=$((skipped + $(count skipped)))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
