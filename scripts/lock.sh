#!/bin/sh
# Pins requirements/*.in into requirements/*.txt with hashes. Takes newer versions where there are some.
# No package index is named in the result, so the files are the same wherever they are made.
set -eu

venv=.venv
"$venv/bin/python" -m piptools --version >/dev/null 2>&1 || "$venv/bin/python" -m pip install --quiet 'pip-tools>=7.5,<8'
for name in runtime develop ascmhl; do
    "$venv/bin/python" -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
        --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-config \
        --output-file "requirements/$name.txt" "requirements/$name.in"
done
