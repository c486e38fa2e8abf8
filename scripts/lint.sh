#!/bin/sh
# Every check of form, in one go: all of them run, and the exit status says whether any complained.
set -u
cd "$(dirname "$0")/.." || exit
bin=$PWD/${VENV:-.venv}/bin
PATH=$bin:$PATH
# Never the production fleet: ansible-lint reads playbooks with the inventory that Ansible would take.
ANSIBLE_INVENTORY=inventory/local
ANSIBLE_CONFIG=$PWD/ansible.cfg
export PATH ANSIBLE_INVENTORY ANSIBLE_CONFIG
failed=

check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then
    printf '  %-14s ok\n' "$name"
  else
    printf '  %-14s FAILED\n%s\n' "$name" "$output"
    failed="$failed $name"
  fi
}

# Asks for names that git knows or would know, so that nothing ignored is looked at.
files() { git ls-files --cached --others --exclude-standard -- "$@"; }

check ruff ruff check --quiet .
check ruff-format ruff format --quiet --check .
check mypy mypy --no-error-summary
check mypy-plugins scripts/lint_plugins.sh
# shellcheck disable=SC2046
check mypy-lab mypy --no-error-summary $(files 'tests/lab/*.py' ':!tests/lab/test_*.py')
# shellcheck disable=SC2046
check mypy-windows mypy --no-error-summary \
  $(files 'tests/emulated_windows/*.py' ':!tests/emulated_windows/test_*.py' ':!tests/emulated_windows/conftest.py')
check yamllint yamllint --strict .
check ansible-lint ansible-lint --offline --profile production -q --nocolor
# shellcheck disable=SC2046  # our file names hold no blanks
check shellcheck shellcheck $(files '*.sh') .ci/run

[ -z "$failed" ] || { printf 'lint:%s failed\n' "$failed" >&2; exit 1; }
