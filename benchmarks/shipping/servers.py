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
# What roles/mlflow installs; candidates can be compared by --candidates.
OURS = THREADS = (
    *("--workers", "2", "--gunicorn-opts"),
    "--log-level warning --worker-class gthread --threads 4 --keep-alive 65",
)
CANDIDATES = {
    "gunicorn, 2 workers": ("--workers", "2", "--gunicorn-opts", "--log-level warning"),
    "gunicorn, 2 workers x 4 threads": THREADS,
    "gunicorn, 1 worker x 4 threads": ("--workers", "1", *THREADS[2:]),
    "uvicorn, 1 worker": ("--workers", "1"),
    "uvicorn, 2 workers": DEFAULT,
}
# With accounts each request brings a password. To check one takes 0.1 s, unless it is remembered.
ACCOUNT = ("bench", "bench-password")
REMEMBERED_S, UNREMEMBERED_S = 60, 0
_POSTGRES_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database(folder: Path) -> Iterator[list[str]]:
    """Provide three empty databases and yield their URIs; the last is for accounts.

    PostgreSQL is used when its programs and psycopg are installed. It does not run as root, so
    root gives the cluster to `nobody`.
    """
    if not _POSTGRES_BINARIES or importlib.util.find_spec("psycopg") is None:
        yield [f"sqlite:///{folder / name}.db" for name in ("default", "ours", "accounts")]
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
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={cluster} "
        "-c max_connections=600"  # several servers at once, each with pools of 15
    )

    def run(*words: str) -> None:
        subprocess.run(words, check=True, user=user, cwd=cluster, stdout=subprocess.DEVNULL)

    data = str(cluster / "data")
    run(str(binaries / "initdb"), "-D", data, "-U", "bench", "--auth=trust")
    control = (str(binaries / "pg_ctl"), "-D", data, "-l", str(cluster / "log"), "-w")
    run(*control, "-o", options, "start")
    try:
        for name in ("default_server", "our_server", "accounts"):
            run(
                *(str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port)),
                *("-U", "bench", name),
            )
        yield [
            f"postgresql+psycopg://bench@127.0.0.1:{port}/{name}"
            for name in ("default_server", "our_server", "accounts")
        ]
    finally:
        run(*control, "-m", "immediate", "stop")


@contextlib.contextmanager
def server(
    folder: Path,
    store: str,
    options: tuple[str, ...],
    *,
    tuned: bool,
    python: str = sys.executable,
    accounts: tuple[str, int] | None = None,
) -> Iterator[str]:
    """Run an MLflow server and yield its address once it is healthy.

    Args:
        folder: for its artifacts and log.
        store: URI of its database.
        options: further words for `mlflow server`.
        tuned: whether what a tracking server does not need is turned off.
        python: of the environment that MLflow is in; with accounts it needs ``mlflow[auth]``.
        accounts: URI of a database for them, and for how many seconds a password is remembered.
    """
    folder.mkdir(parents=True)
    port = free_port()
    environ = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    if tuned:
        environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    if accounts is not None:
        (folder / "auth.ini").write_text(
            f"[mlflow]\ndefault_permission = READ\ndatabase_uri = {accounts[0]}\n"
            f"auth_cache_ttl_seconds = {accounts[1]}\n"
        )
        options = ("--app-name", "basic-auth", *options)
        environ |= {
            "MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"),
            "MLFLOW_AUTH_ADMIN_USERNAME": ACCOUNT[0],
            "MLFLOW_AUTH_ADMIN_PASSWORD": ACCOUNT[1],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "bench",
        }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(python, "-m", "mlflow", "server", "--host", "127.0.0.1"),
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
