#!/bin/sh
# Pin every package with its hashes: run by `make lock` after the dependencies in pyproject.toml have changed.
# The locks name versions and hashes alone, so they serve any package index that pip is configured for.
set -eu
cd "$(dirname "$0")/.."

compile() {
    uv pip compile --no-config --quiet --python-platform linux --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}

compile requirements/build.in --output-file requirements/build.txt
compile requirements/node.in --output-file requirements/node.txt
compile pyproject.toml --constraint requirements/constraints.in --output-file requirements/runtime.txt
compile pyproject.toml --all-extras --constraint requirements/runtime.txt --output-file requirements/dev.txt
