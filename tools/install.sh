#!/bin/sh
# Install: make .venv hold exactly what uv.lock says.
#
# uv lives in a virtual environment of its own (.tools), since `uv sync` removes from .venv whatever
# the lock does not name, itself included. Takes `python3` where it is new enough, else the newest
# python3.N that is.
set -eu
cd "$(dirname "$0")/.."

OLDEST="3, 11"
UV="uv>=0.13,<0.14"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$1"; say ""; say "Hint: $2"; exit 1; }

fits() { "$1" -c "import sys; sys.exit(sys.version_info < ($OLDEST))" >/dev/null 2>&1; }

chosen() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if fits "$name"; then "$name" -c 'import sys; print(sys.executable)'; return; fi
    done
    return 1
}

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

make_venv() { rm -rf .tools; "$1" -m venv .tools >/dev/null 2>&1 && .tools/bin/python -m pip --version >/dev/null 2>&1; }

PYTHON=$(chosen) || fail "Headwater needs Python 3.11 or newer, and there is none on the PATH." \
    "install one, or name it: make PYTHON=/path/to/python3 test"

if ! .tools/bin/uv --version >/dev/null 2>&1; then
    say "Installing uv into .tools ($PYTHON)"
    if ! make_venv "$PYTHON"; then
        package=$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        can_apt || fail "$PYTHON cannot make virtual environments (Debian keeps that in a package of its own)." \
            "as root: apt-get install $package"
        say "Installing $package"
        apt-get -qq update </dev/null >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$package" </dev/null >/dev/null
        make_venv "$PYTHON" || fail "$PYTHON still cannot make virtual environments." "install another Python 3.11 or newer"
    fi
    .tools/bin/python -m pip install --quiet --disable-pip-version-check "$UV" </dev/null
fi

say "Installing what uv.lock says into .venv"
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT
.tools/bin/uv sync --frozen --compile-bytecode --quiet --no-python-downloads --python "$PYTHON" </dev/null
touch .venv/.ready
