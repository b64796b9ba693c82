# The two commands of the README are `make serve` and `make test`; `make help` lists the others.
# What is already in place is never done again: a stamp carries the hash of what it was made from.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all:

# Tests and benchmarks calculate with small matrices: a second thread would mostly wait, and burn a processor while it does.
OMP_NUM_THREADS ?= 1
export OMP_NUM_THREADS

# A class of `make load`.
SHAPE ?= steady
LEARNERS ?= 30
SECONDS ?= 60

hash_of = $(shell { cat $(1); echo "$(CURDIR)"; } | sha256sum | cut -c1-16)
STAMPS := .venv/.stamps
VENV := $(STAMPS)/venv-$(call hash_of,requirements/build.txt)
RUNTIME := $(STAMPS)/runtime-$(call hash_of,requirements/runtime.txt)
DEV := $(STAMPS)/dev-$(call hash_of,requirements/dev.txt)
WEB := $(STAMPS)/web-$(call hash_of,server/web/package-lock.json)
WEB_DEV := $(STAMPS)/web-dev-$(call hash_of,server/web/package-lock.json)
PROJECT := $(STAMPS)/project-$(call hash_of,pyproject.toml)

say = printf '• %s\n' $(1)
explain_pip = { printf '%s\n' \
	"The packages could not be installed; pip's own words stand above." \
	"Check the network (or pip's index settings) and the free space, then run the same command again: what is already there is kept." >&2; \
	exit 1; }

.PHONY: help setup serve test browser-test check lint bench load soak chaos faults lock wheel clean

help:
	@printf '%s\n' \
	'make serve    prepare everything and start StorySign on this machine (Ctrl-C stops it)' \
	'make test     prepare everything and run all tests' \
	'make check    the fast inner loop: lint, import rules, types and tests of the pages, unit and property tests' \
	'make browser-test  the tests in a real Chromium, a part of make test' \
	'make bench    measure speed' \
	'make load     a class against a server of its own: SHAPE=steady LEARNERS=30 SECONDS=60' \
	'make soak     half an hour of 30 learners, with memory over time' \
	'make chaos    a class while everything is killed in turn; checks that nothing is lost' \
	'make faults   make a database fail 500 times, and kill its writer, and check that nothing is lost' \
	'make setup    the preparation alone; does nothing when all is in place' \
	'make lock     pin the packages again after pyproject.toml has changed (needs uv)' \
	'make wheel    build the installable package into dist/' \
	'make clean    remove the environment and what was built'

setup: $(RUNTIME) $(WEB) $(PROJECT)
	@sh scripts/system_packages.sh mediapipe
	@$(BIN)/storysign models pull --quiet-when-complete

serve: setup
	@exec $(BIN)/storysign serve $(ARGS)

test: setup $(DEV) $(WEB_DEV)
	@sh scripts/system_packages.sh tests
	@sh scripts/system_packages.sh browser
	@$(BIN)/python -m pytest $(ARGS)

browser-test: setup $(DEV) $(WEB_DEV)
	@sh scripts/system_packages.sh browser
	@$(BIN)/python -m pytest tests/browser $(ARGS)

check: lint
	@$(BIN)/python -m pytest -q -m "not slow" tests/unit tests/property $(ARGS)

lint: $(RUNTIME) $(PROJECT) $(DEV) $(WEB_DEV)
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/lint-imports --no-cache --no-logo

bench: setup $(DEV)
	@$(BIN)/python -m loadtests.bench_scoring
	@$(BIN)/python -m loadtests.bench_store --report reports/store.json
	@$(BIN)/python -m loadtests.bench $(ARGS)

load: setup $(DEV)
	@$(BIN)/python -m loadtests.classroom --shape $(SHAPE) --learners $(LEARNERS) --seconds $(SECONDS) $(ARGS)

soak: setup $(DEV)
	@$(BIN)/python -m loadtests.classroom --shape soak --learners 30 --seconds 1800 $(ARGS)

chaos: setup $(DEV)
	@sh scripts/system_packages.sh tests
	@$(BIN)/python -m loadtests.chaos $(ARGS)

faults: setup $(DEV)
	@sh scripts/system_packages.sh tests
	@$(BIN)/python -m tests.support.fault_run --faults 500 --report reports/faults.json
	@$(BIN)/python -m tests.support.kill_run --kills 25 --report reports/kills.json

lock:
	@sh scripts/lock.sh

wheel: $(VENV) $(WEB)
	@$(BIN)/python -m pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf .venv dist build .pytest_cache .hypothesis .ruff_cache .import_linter_cache \
		server/web/node_modules

$(VENV):
	@sh scripts/system_packages.sh python "$(PYTHON)"
	@$(call say,'Making the environment .venv')
	@"$(PYTHON)" -m venv --clear .venv
	@$(PIP_INSTALL) -r requirements/build.txt || $(explain_pip)
	@mkdir -p $(STAMPS) && touch $@

$(RUNTIME): $(VENV)
	@$(call say,'Installing packages (about 1 GB the first time)')
	@$(PIP_INSTALL) -r requirements/runtime.txt || $(explain_pip)
	@touch $@

$(DEV): $(RUNTIME)
	@$(call say,'Installing what the tests need')
	@$(PIP_INSTALL) -r requirements/dev.txt || $(explain_pip)
	@touch $@

$(WEB): $(VENV)
	@$(call say,'Installing the packages of the pages')
	@sh scripts/web_packages.sh --omit=dev
	@touch $@

# What checks the pages; the first stamp comes before it, because it would take these packages away again.
$(WEB_DEV): $(WEB)
	@$(call say,'Installing what checks the pages')
	@sh scripts/web_packages.sh
	@touch $@

$(PROJECT): $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable . || $(explain_pip)
	@touch $@
