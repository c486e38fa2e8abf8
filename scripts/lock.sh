#!/bin/sh
# Resolves requirements/*.in into hash-locked requirements/*.txt, for every Python from 3.11 on.
set -eu
cd "$(dirname "$0")/../requirements"
for name in bootstrap base dev; do
  constraints=
  [ "$name" = dev ] && constraints="-c base.txt"
  # shellcheck disable=SC2086  # two words or none
  "../${VENV:-.venv}/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header $constraints -o "$name.txt" "$name.in"
done
