"""Where results go: which MLflow, and where this checkout keeps its own.

Standard library only: the callback and the measure action import this inside Ansible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

EXPERIMENT = "vtt-hw-benchmarks"
_STATE = ".vttbench"
_SECRET_IN_QUERY = re.compile(r"(?i)([?&](?:password|passwd|token|secret|sslpassword)=)[^&#]*")


def find_root(start: Path) -> Path:
    """Return the checkout that a folder belongs to, or the folder itself where there is none.

    Args:
        start: any folder, usually the current one.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / _STATE).is_dir() or (folder / "ansible.cfg").is_file():
            return folder
    return start


def state_dir(root: Path) -> Path:
    """Return the folder below which a checkout keeps its embedded store and its spool."""
    return root.resolve() / _STATE


def spool_dir(root: Path) -> Path:
    """Return the folder of the outbox of a checkout."""
    return state_dir(root) / "spool"


def artifact_dir(root: Path) -> Path:
    """Return the folder of the artifacts of the embedded store."""
    return state_dir(root) / "artifacts"


def embedded_uri(root: Path) -> str:
    """Return the tracking URI of the store that a checkout has of its own."""
    # Not percent-encoded: SQLAlchemy takes the path as it stands.
    return f"sqlite:///{state_dir(root) / 'mlflow.db'}"


def embedded_root(uri: str) -> Path | None:
    """Return the checkout whose embedded store a URI means; None for any other destination."""
    if not uri.startswith("sqlite:///"):
        return None
    path = Path(uri.removeprefix("sqlite:///"))
    root = path.parent.parent
    return root if embedded_uri(root) == uri else None


def is_http(uri: str) -> bool:
    """Tell whether a tracking URI is a server's."""
    return uri.startswith(("http://", "https://"))


def resolve(configured: str | None, environ: Mapping[str, str], root: Path) -> str:
    """Return the tracking URI that results go to.

    ``MLFLOW_TRACKING_URI`` wins when it is set and not empty; then what was configured; then
    ``VTTBENCH_MLFLOW_TRACKING_URI``, by which the callback tells its workers; else the embedded
    SQLite store of the checkout.

    Args:
        configured: from the callback's options or the command line.
        environ: the environment.
        root: the checkout; see :func:`find_root`.

    Returns:
        A URI without a trailing slash; paths in it are absolute, so that it means the same to a
        process that starts elsewhere.
    """
    for candidate in (
        environ.get("MLFLOW_TRACKING_URI"),
        configured,
        environ.get("VTTBENCH_MLFLOW_TRACKING_URI"),
    ):
        if candidate and candidate.strip():
            return _absolute(candidate.strip())
    return embedded_uri(root)


def experiment(environ: Mapping[str, str]) -> str:
    """Return the name of the experiment; the callback tells its workers in the environment."""
    return environ.get("VTTBENCH_MLFLOW_EXPERIMENT") or EXPERIMENT


def display_uri(uri: str) -> str:
    """Return the URI as it may be printed: whatever could be a password is masked."""
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        user, _, host = parts.netloc.rpartition("@")
        name = user.partition(":")[0]
        masked = f"{name}:***@{host}" if ":" in user else f"***@{host}"
        # urlunsplit drops the empty authority of sqlite:///, so only touch what has one.
        uri = urlunsplit(parts._replace(netloc=masked))
    return _SECRET_IN_QUERY.sub(r"\1***", uri)


def _absolute(uri: str) -> str:
    if uri.startswith("sqlite:///") and not uri.startswith("sqlite:////"):
        path = uri.removeprefix("sqlite:///")
        return uri if path.startswith(":memory:") else f"sqlite:///{Path(path).absolute()}"
    if "://" not in uri and not uri.startswith("file:") and uri != "databricks":
        return Path(uri).absolute().as_uri()
    return uri.rstrip("/")
