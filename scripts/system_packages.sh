#!/bin/sh
# See that what the operating system has to bring is there: install it where we may, else say what to install.
#   system_packages.sh python PYTHON   an interpreter of the right version that can make environments
#   system_packages.sh mediapipe       the shared libraries which MediaPipe loads
#   system_packages.sh browser         Chromium; without it the tests in a browser are skipped
#   system_packages.sh tests           the MariaDB server; without it the tests that want it are skipped
set -eu

install_or_explain() {  # reason, packages…
    reason=$1; shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        printf '• Installing system packages: %s\n' "$*"
        log=$(mktemp)
        if { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } \
            >"$log" 2>&1 </dev/null; then
            rm -f "$log"
            return
        fi
        cat "$log" >&2
        rm -f "$log"
        printf '%s\n' "The system packages could not be installed; apt's own words stand above." >&2
    fi
    printf '%s\n' "$reason Please install it, on Debian or Ubuntu with:" "    sudo apt-get install $*" \
        "and run the same command again." >&2
    return 1
}

case "$1" in
python)
    if [ -z "$2" ] || ! "$2" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        install_or_explain "StorySign needs Python 3.11." python3.11 python3.11-venv
    fi
    "$2" -c 'import ensurepip, venv' 2>/dev/null ||
        install_or_explain "This Python cannot make environments." python3-venv
    ;;
mediapipe)
    [ "$(uname)" = Linux ] || exit 0
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    for library in libEGL.so.1 libGLESv2.so.2 libGL.so.1 libglib-2.0.so.0; do
        case "$known" in
        *"$library"*) ;;
        *)
            install_or_explain "MediaPipe needs the shared library $library." libegl1 libgles2 libgl1 libglib2.0-0
            break
            ;;
        esac
    done
    ;;
tests)
    # The core packages start no service; the tests run servers of their own. The client's brings what sets one up.
    PATH="$PATH:/usr/local/sbin:/usr/sbin"
    command -v mariadbd >/dev/null && command -v my_print_defaults >/dev/null ||
        install_or_explain "Tests that want a MariaDB server will be skipped." mariadb-server-core mariadb-client-core ||
        true
    ;;
browser)
    command -v chromium >/dev/null ||
        install_or_explain "Tests in a browser will be skipped." chromium || true
    ;;
esac
