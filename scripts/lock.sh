#!/bin/sh
# Resolves requirements/*.in into hash-locked requirements/*.txt, for every Python from 3.11 on.
set -eu
cd "$(dirname "$0")/../requirements"

lock() { # NAME [CONSTRAINTS] [CONSTRAINTS]
  "../${VENV:-.venv}/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header ${2:+-c "$2"} ${3:+-c "$3"} -o "$1.txt" "$1.in"
}

lock bootstrap
lock base
lock dashboard base.txt bootstrap.txt
lock dev base.txt dashboard.txt
lock minio_client

# The server's own environment shares MLflow and uv with the controller's, and nothing else:
# boto3 holds other packages back.
trap 'rm -f shared.lock' EXIT
grep -hE '^(mlflow[a-z-]*|uv)==' base.txt bootstrap.txt | sed 's/ .*//' >shared.lock
lock server shared.lock
