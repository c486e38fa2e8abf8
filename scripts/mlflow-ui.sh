#!/bin/sh
# Shows the embedded store of this checkout in MLflow's own web interface. PORT=5001 for another port.
set -eu
cd "$(dirname "$0")/.."
bin=$PWD/${VENV:-.venv}/bin
port=${PORT:-5000}
database=$PWD/.vttbench/mlflow.db

if [ ! -f "$database" ]; then
  printf '%s\n' "There are no results in this checkout yet: $database does not exist. Make some: make benchmark" >&2
  [ -z "${MLFLOW_TRACKING_URI:-}" ] ||
    printf '%s\n' "MLFLOW_TRACKING_URI is set, so results go to that server: open its address in a browser." >&2
  exit 1
fi

if ! "$bin/python" -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1])))' "$port" 2>/dev/null; then
  printf '%s\n' "Port $port is taken (another make mlflow-ui?). Choose another: make mlflow-ui PORT=5001" >&2
  exit 1
fi

printf '%s\n' "MLflow starts at http://127.0.0.1:$port, experiment vtt-hw-benchmarks. It takes a few seconds; Ctrl-C ends it."
# What only a server of models needs is left out; nothing is reported to anybody.
MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
MLFLOW_DISABLE_TELEMETRY=true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION MLFLOW_DISABLE_TELEMETRY
unset MLFLOW_TRACKING_URI MLFLOW_BACKEND_STORE_URI
exec "$bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri "sqlite:///$database" --artifacts-destination "$PWD/.vttbench/artifacts"
