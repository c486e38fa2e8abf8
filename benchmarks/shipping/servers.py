"""MLflow servers to measure against, over a scratch PostgreSQL where there is one, else SQLite."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

# What everybody has who types `mlflow server`, with the two workers that tutorials ask for.
DEFAULT = ("--workers", "2")
# What we install; candidates can be compared by --candidates.
OURS = ("--workers", "2", "--gunicorn-opts", "--log-level warning")
CANDIDATES = {
    "gunicorn, 2 workers": OURS,
    "gunicorn, 2 workers x 4 threads": (
        *("--workers", "2", "--gunicorn-opts"),
        "--log-level warning --worker-class gthread --threads 4",
    ),
    "uvicorn, 1 worker": ("--workers", "1"),
    "uvicorn, 2 workers": DEFAULT,
}
_POSTGRES_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database(folder: Path) -> Iterator[list[str]]:
    """Provide two empty databases and yield their URIs.

    PostgreSQL is used when its programs and psycopg are installed. It does not run as root, so
    root gives the cluster to `nobody`.
    """
    if not _POSTGRES_BINARIES or importlib.util.find_spec("psycopg") is None:
        yield [f"sqlite:///{folder / name}.db" for name in ("default", "ours")]
        return
    binaries, port = _POSTGRES_BINARIES[0], free_port()
    cluster = folder / "postgres"
    cluster.mkdir()
    user = None
    if os.getuid() == 0:
        user = "nobody"
        shutil.chown(cluster, user)
        for parent in (folder, *folder.parents):
            if parent == Path("/tmp"):
                break
            parent.chmod(0o755)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={cluster}"

    def run(*words: str) -> None:
        subprocess.run(words, check=True, user=user, cwd=cluster, stdout=subprocess.DEVNULL)

    data = str(cluster / "data")
    run(str(binaries / "initdb"), "-D", data, "-U", "bench", "--auth=trust")
    control = (str(binaries / "pg_ctl"), "-D", data, "-l", str(cluster / "log"), "-w")
    run(*control, "-o", options, "start")
    try:
        for name in ("default_server", "our_server"):
            run(
                *(str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port)),
                *("-U", "bench", name),
            )
        yield [
            f"postgresql+psycopg://bench@127.0.0.1:{port}/{name}"
            for name in ("default_server", "our_server")
        ]
    finally:
        run(*control, "-m", "immediate", "stop")


@contextlib.contextmanager
def server(folder: Path, store: str, options: tuple[str, ...], *, tuned: bool) -> Iterator[str]:
    """Run an MLflow server and yield its address once it is healthy.

    Args:
        folder: for its artifacts and log.
        store: URI of its database.
        options: further words for `mlflow server`.
        tuned: whether what a tracking server does not need is turned off.
    """
    folder.mkdir(parents=True)
    port = free_port()
    environ = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    if tuned:
        environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
                *("--port", str(port), "--backend-store-uri", store),
                *("--artifacts-destination", str(folder / "artifacts"), *options),
            ],
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        uri = f"http://127.0.0.1:{port}"
        for _ in range(1800):
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text()[-2000:])
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{uri}/health", timeout=5).is_success:
                    break
            time.sleep(0.1)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
