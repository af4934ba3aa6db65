#!/bin/sh
# Make a virtual environment with all that `darkroom worker` needs, each package as the lock has it, and no tools to
# install or build more. Dockerfile runs this; so does a test, without Docker.
#
# usage: sh install.sh FOLDER [PYTHON]
set -eu

folder=$1
python=${2:-python3}
lock=$(dirname "$0")/requirements.lock

"$python" -m venv "$folder"
# Wheels alone: what has to be built would need a compiler. The lock is complete, so nothing is resolved.
"$folder/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --no-input \
    --require-hashes --no-deps --only-binary :all: --requirement "$lock"
"$folder/bin/python" -m pip check
for tool in wheel setuptools pip; do
    "$folder/bin/python" -m pip uninstall --quiet --yes "$tool" 2>/dev/null || true
done
