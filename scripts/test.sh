#!/usr/bin/env bash
# test.sh unit|web|host...: runs test suites and adds them up in a last line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
passed=0 failed=0 skipped=0 broken=()
mkdir -p artifacts/results
# Built beside the first suites, for it waits for the network and the disk more than for a processor. What goes wrong here
# is told by the machine's own tests, which do it again.
images=
if [[ " $* " == *" host "* ]]; then
    (for suite in trixie bookworm; do test/vm/image.sh "$suite"; done) >artifacts/images.log 2>&1 </dev/null &
    images=$!
fi
for suite in "$@"; do
    case $suite in
        unit) project=test/Berth.Tests ;;
        web) project=test/Berth.WebTests ;;
        host) project=test/Berth.HostTests ;;
        *) echo "test: there is no suite '$suite' (unit, web, host)" >&2 && exit 64 ;;
    esac
    echo "== $suite tests"
    [ "$suite" != host ] || wait "$images"
    name=$(basename "$project")
    dotnet build "$project" --nologo -v quiet || exit 1
    results=$PWD/artifacts/results/$suite.xml
    rm -f "$results"
    "$project/bin/Debug/net10.0/$name" -result-xml "$results" -showliveoutput
    # What counts is the results file: a run that died before it could write one has failed.
    if ! counts=$(grep -o '<assembly [^>]*>' "$results"); then
        broken+=("$suite: the tests left no results")
        failed=$((failed + 1))
        continue
    fi
    count() { grep -oE " $1=\"[0-9]+\"" <<<"$counts" | grep -oE '[0-9]+' | head -1; }
    passed=$((passed + $(count passed)))
    failed=$((failed + $(count failed) + $(count errors)))
    skipped=$((skipped + $(count skipped)))
    mapfile -t -O "${#broken[@]}" broken < <(
        python3 - "$suite" "$results" <<'LIST'
import sys, xml.etree.ElementTree as tree
for test in tree.parse(sys.argv[2]).iter():
    if test.tag == "error" or test.get("result") == "Fail":
        said = next(test.iter("message"), None)
        print(f"{sys.argv[1]}: {test.get('name')}: {' '.join((said.text or '').split())[:600] if said is not None else ''}")
LIST
    )
done
# What failed stands last, where even a log cut short shows it.
[ ${#broken[@]} = 0 ] || printf 'FAILED %s\n' "${broken[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
