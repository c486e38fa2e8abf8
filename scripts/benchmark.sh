#!/bin/sh
# Measures this machine. Arguments go to ansible-playbook, e.g. scripts/benchmark.sh -e profile=quick --tags llama
# Root is needed only to install what is missing; who has none gets what the machine allows.
set -eu
cd "$(dirname "$0")/.."
# Never the production fleet, whatever the caller's environment says.
ANSIBLE_INVENTORY=inventory/local
ANSIBLE_CONFIG=$PWD/ansible.cfg
PATH=$PWD/${VENV:-.venv}/bin:$PATH
export ANSIBLE_INVENTORY ANSIBLE_CONFIG PATH

have() { command -v "$1" >/dev/null 2>&1; }

packages_missing() {
  ! { have 7zz || have 7z || have 7za; } || ! have fio || ! have cc || ! have cmake
}

# A password is asked for only where it would help: something is missing, sudo exists and wants one,
# and somebody sits at the terminal to type it.
ask=
if packages_missing && [ "$(id -u)" != 0 ] && have sudo && [ -t 0 ] && ! sudo -n true 2>/dev/null; then
  printf '%s\n' "Packages are missing. sudo's password installs them; an empty one skips their benchmarks." >&2
  ask=--ask-become-pass
fi
# shellcheck disable=SC2086  # one word or none
exec ansible-playbook $ask benchmark.yml "$@"
