#!/bin/sh
# Usage: tool.sh FOLDER NAME   Installs requirements/NAME.txt into an environment of its own, FOLDER/NAME: a program that
# tests run and whose requirements do not go with the product's. May be repeated.
set -eu

venv=$1
name=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_RETRIES=5
echo "Installing requirements/$name.txt into $venv/$name"
"$venv/bin/python" -m venv --clear "$venv/$name"
if ! "$venv/$name/bin/python" -m pip install --quiet --require-hashes -r "requirements/$name.txt"; then
    rm -rf "${venv:?}/$name"
    echo "Installing $name failed (pip's own words are above). Only its own folder $venv/$name was touched." >&2
    exit 1
fi
