#!/bin/sh
# The whole way once, in the laboratory: build the results server on ms01, measure framework-desktop, and
# find the results in MLflow. Arguments go to benchmark.yml; llama.cpp is left out by default, as a new host
# would have to compile it first (minutes).
set -eu
cd "$(dirname "$0")/.."
# Never the production fleet, whatever the caller's environment says.
ANSIBLE_INVENTORY=inventory/lab
ANSIBLE_CONFIG=$PWD/ansible.cfg
PATH=$PWD/${VENV:-.venv}/bin:$PATH
export ANSIBLE_INVENTORY ANSIBLE_CONFIG PATH
[ $# -gt 0 ] || set -- --skip-tags llama
secrets=.vttbench/secrets/lab

say() { printf '\n%s\n' "$*" >&2; }

python -m tests.lab up
say "Building the results server on ms01"
ansible-playbook deploy-ms01.yml

# Results are written by the account made for that. A server without authentication has no such file.
if [ -f "$secrets/mlflow_shipper_password" ]; then
  MLFLOW_TRACKING_USERNAME=shipper
  MLFLOW_TRACKING_PASSWORD=$(cat "$secrets/mlflow_shipper_password")
  export MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD
fi
unset MLFLOW_TRACKING_URI
say "Measuring framework-desktop"
# A busy machine may make a benchmark fail; what it did is in MLflow all the same.
status=0
ansible-playbook benchmark.yml -l framework-desktop -e profile=quick "$@" || status=$?

url=$(ansible-inventory --host framework-desktop | python -c 'import json, sys; print(json.load(sys.stdin)["mlflow_tracking_uri"])')
say "Results: $url, experiment vtt-hw-benchmarks"
if [ -f "$secrets/mlflow_viewer_password" ]; then
  say "Log in as viewer; the password is in $secrets/mlflow_viewer_password"
fi
say "make lab-down takes everything away."
exit "$status"
