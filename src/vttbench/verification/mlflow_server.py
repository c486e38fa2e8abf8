"""Is MLflow there, and does it give back what it was given?

Judged by MLflow's own client, as the people who use the server have it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from vttbench.verification.http_faults import TIMEOUT_S, in_words
from vttbench.verification.state import ServiceState

EXPERIMENT = "vttbench-verification"
_ARTIFACT_BYTES = 64 * 1024


def verify(
    url: str,
    *,
    user: str = "",
    password: str = "",
    ca_file: str = "",
    write: bool = True,
) -> ServiceState:
    """Try a server: health, then a throw-away run with an artifact, written and read back.

    Args:
        url: of the server, as clients are told.
        user: account that may write; empty where the server asks nobody.
        password: of that account.
        ca_file: certificate authority of the server; empty for the system's.
        write: whether to write at all; without it only health and version are asked for.

    Returns:
        What was found. Nothing is raised: whatever goes wrong is the state.
    """
    version = "unknown"
    try:
        version = _healthy(url, user, password, ca_file)
        done = "healthy; nothing written, as asked"
        if write:
            with _as_client(user, password, ca_file):
                done = _round_trip(url)
    except Exception as error:  # every fault of a service is its state
        return ServiceState("MLflow", url, version, "failed", _in_words(error, user))
    return ServiceState("MLflow", url, version, "ok", done)


def _healthy(url: str, user: str, password: str, ca_file: str) -> str:
    import ssl

    context = ssl.create_default_context(cafile=ca_file or None)
    auth = (user, password) if user else None
    with httpx.Client(base_url=url, verify=context, auth=auth, timeout=TIMEOUT_S) as client:
        client.get("/health").raise_for_status()
        reply = client.get("/version")
        reply.raise_for_status()
        return reply.text.strip()


@contextmanager
def _as_client(user: str, password: str, ca_file: str) -> Iterator[None]:
    """Set what MLflow's client reads from the environment, and put it back."""
    settings = {
        "MLFLOW_TRACKING_USERNAME": user,
        "MLFLOW_TRACKING_PASSWORD": password,
        "MLFLOW_TRACKING_SERVER_CERT_PATH": ca_file,
        # The defaults wait four minutes for a server that refuses (measured).
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": f"{TIMEOUT_S:.0f}",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update({name: value for name, value in settings.items() if value})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _round_trip(url: str) -> str:
    from mlflow.artifacts import download_artifacts
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=url)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    written = secrets.token_bytes(_ARTIFACT_BYTES)
    run_id = client.create_run(experiment_id, run_name="throw-away").info.run_id
    try:
        client.log_metric(run_id, "answer", 42.0)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "artifact.bin"
            file.write_bytes(written)
            client.log_artifact(run_id, str(file))
        client.set_terminated(run_id)
        run = client.get_run(run_id)
        if run.data.metrics != {"answer": 42.0} or run.info.status != "FINISHED":
            raise ValueError(f"wrote a metric, and read back {run.data.metrics}")
        with tempfile.TemporaryDirectory() as folder:
            back = Path(
                download_artifacts(
                    run_id=run_id, artifact_path=file.name, dst_path=folder, tracking_uri=url
                )
            ).read_bytes()
        if back != written:
            raise ValueError(
                f"wrote an artifact of {len(written)} bytes with SHA-256 {_digest(written)}, and "
                f"read back {len(back)} bytes with {_digest(back)}"
            )
        get_artifact_repository(run.info.artifact_uri, tracking_uri=url).delete_artifacts()
    finally:
        client.delete_run(run_id)
    return f"a run and its artifact of {len(written) // 1024} KiB written and read back"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _in_words(error: Exception, user: str) -> str:
    if (
        isinstance(error, httpx.HTTPStatusError)
        and error.response.status_code == httpx.codes.FORBIDDEN
        and "Invalid Host header" in error.response.text
    ):
        return "403: it refuses this name of itself; add the name to ms01_names"
    return in_words(error, user, "mlflow.service")
