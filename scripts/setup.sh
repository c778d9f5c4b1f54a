#!/bin/sh
# Usage: setup.sh FOLDER REQUIREMENTS   Makes the virtual environment FOLDER if need be and installs REQUIREMENTS
# (every package pinned and checked by hash), then this project in place. May be repeated.
set -eu

venv=$1
requirements=$2
here=$(dirname "$0")

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# The time-stamping authority of this system is OpenSSL's; Debian nearly always has it, but not always.
if ! command -v openssl >/dev/null 2>&1; then
    sh "$here/apt.sh" openssl
fi

# An environment whose Python is gone, or that was moved from elsewhere, is made anew.
if [ -x "$venv/bin/python" ]; then
    fits "$venv/bin/python" || rm -rf "$venv"
fi

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 or newer is needed and was not found. On Debian 12: apt-get install python3" >&2
        exit 1
    fi
    # Debian splits venv off its Python, and its pip trusts the system's certificates only.
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        sh "$here/apt.sh" python3-venv
    fi
    if [ -e /etc/debian_version ] && [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
        sh "$here/apt.sh" ca-certificates
    fi
    "$python" -m venv --clear "$venv"
fi

echo "Installing $requirements into $venv (once; the first time takes a minute or so)"
pip() {
    # Settings by environment keep working with any pip; a pip as old as Debian's understands all of them.
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_RETRIES=5 \
        "$venv/bin/python" -m pip "$@"
}
# The few packages that come as source are built with the pinned setuptools, so it goes first; without isolation
# nothing unpinned is fetched for building.
first=$(mktemp)
trap 'rm -f "$first"' EXIT
awk '/^[^ #]/ { wanted = /^setuptools==/ } wanted' "$requirements" > "$first"
if ! { pip install --quiet --require-hashes -r "$first" &&
       pip install --quiet --require-hashes --no-build-isolation --use-pep517 -r "$requirements"; }; then
    echo "Installing the Python packages failed (pip's own words are above). Nothing outside $venv was changed." >&2
    echo "Check that this machine reaches a Python package index, then run the same command again." >&2
    exit 1
fi
# setuptools came pinned with the requirements, so building needs nothing more from anywhere.
# It warns about editable installs whatever one does, so it is heard only when it fails.
if ! said=$(pip install --quiet --no-deps --no-build-isolation --editable . 2>&1); then
    echo "$said" >&2
    echo "This project could not be installed into $venv (pip's own words are above)." >&2
    exit 1
fi
