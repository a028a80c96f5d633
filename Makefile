# 'make help' lists what is here. Everything installs what it needs on Debian, or says exactly what is missing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
# No build server outlives its command.
export MSBUILDDISABLENODEREUSE := 1

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## install the tools that tests and the machine need (Debian packages), or say which are missing
	@scripts/setup.sh

publish: setup ## build the native binary, artifacts/publish/berth
	@scripts/publish.sh

up: publish ## two people's agent servers, here and now, without root (Ctrl-C ends it)
	@PATH="$$(dirname "$$(scripts/agent.sh opencode)"):$$PATH" artifacts/publish/berth up --roster examples/two-people.yaml

test: publish ## every test: in this process, in a browser, then on a real Debian in a virtual machine
	@scripts/test.sh unit web host

unit: setup ## the tests that need no machine: seconds
	@scripts/test.sh unit

web: setup ## the tests in a real browser: a minute
	@scripts/test.sh web

host: publish ## the tests in the machine: minutes
	@scripts/test.sh host

vm: publish ## a shell as root in a disposable workstation with berth in it
	@test/vm/run.sh $(SUITE)

bench: publish ## the figures, each beside its peer
	@bench/run.sh

format: ## format the code
	@dotnet tool restore >/dev/null && dotnet csharpier format .

lint: setup ## formatting, shell scripts, file sizes
	@scripts/lint.sh

check: lint test ## what CI runs

clean: ## forget what was built (the caches of images and packages stay)
	@rm -rf artifacts && find src test -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

.PHONY: help setup publish up test unit web host vm bench format lint check clean
