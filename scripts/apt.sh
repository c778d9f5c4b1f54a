#!/bin/sh
# Usage: apt.sh PACKAGE...   Installs Debian packages that are missing; does nothing when all are there.
# Says in plain words what to do when it may not install. Exit 1 then.
set -eu

missing=
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are needed, and this system has no apt-get to install them:$missing" >&2
    echo "Install them, or what your system calls them, and run the same command again." >&2
    exit 1
fi

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    # Without a terminal nobody could type a password, so sudo is used only when it asks for none.
    as_root="sudo"
else
    echo "These Debian packages are needed, and only root may install them:$missing" >&2
    echo "Nothing was changed. Ask somebody with root rights to run:" >&2
    echo "    apt-get update && apt-get install --yes --no-install-recommends$missing" >&2
    echo "then run the same command again." >&2
    exit 1
fi

echo "Installing Debian packages:$missing"
run() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq "$@"; }
# An old package list names versions that are gone from the mirrors, hence `update` first.
# $missing is split on purpose: one word a package.
# shellcheck disable=SC2086
if ! { run update && run install --yes --no-install-recommends $missing </dev/null >/dev/null; }; then
    echo "apt-get could not install:$missing (its own words are above)." >&2
    echo "Check that this machine reaches a Debian mirror, then run the same command again." >&2
    exit 1
fi
