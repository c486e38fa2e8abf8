#!/bin/sh
# Makes .venv from the hash-locked requirements. Usage: scripts/setup.sh base|dashboard|dev
# Needs a Python >= 3.11 and nothing else; where Debian left out venv, it is installed (root or sudo).
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-base}
venv=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

find_python() {
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "No Python 3.11 or newer found. Install one (Debian: apt-get install python3) or name it: make PYTHON=/path/to/python3.12"
  exit 1
}

# ensurepip is a package of its own on Debian and Ubuntu.
need_venv_module() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null && return
  package=$("$1" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')
  say "This Python has no venv module; installing $package."
  if [ "$(id -u)" = 0 ]; then root=; elif command -v sudo >/dev/null; then root=sudo; else
    say "Not root and no sudo: ask an administrator for: apt-get install $package"
    exit 1
  fi
  $root apt-get update -qq
  $root apt-get install -y -qq "$package"
}

# uv does not read pip's configuration: whoever sits behind a mirror has told pip about it.
use_pips_index() {
  index=${PIP_INDEX_URL:-$("$venv/bin/pip" config get global.index-url 2>/dev/null || true)}
  if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    UV_DEFAULT_INDEX=$index
    export UV_DEFAULT_INDEX
  fi
}

if [ ! -x "$venv/bin/uv" ]; then
  python=$(find_python)
  need_venv_module "$python"
  say "Creating $venv with $("$python" --version)"
  "$python" -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
use_pips_index
say "Installing requirements/$wanted.txt"
VIRTUAL_ENV=$(cd "$venv" && pwd)
UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180}
export VIRTUAL_ENV UV_HTTP_TIMEOUT
"$venv/bin/uv" pip install --quiet --require-hashes -r "requirements/$wanted.txt"
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation -e .
