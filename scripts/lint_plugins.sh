#!/bin/sh
# Types of the Ansible plugins. Each file is a module of its own to Ansible, so each kind is checked alone:
# an action and a module of the same name are no contradiction.
set -eu
cd "$(dirname "$0")/.."
for kind in action callback filter lookup; do
  find "plugins/$kind" -name '*.py' | grep -q . || continue
  mypy --no-error-summary --config-file plugins/mypy.ini "plugins/$kind"/*.py
done
