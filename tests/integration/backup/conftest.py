"""A real S3 server on the loopback, beside the PostgreSQL of tests/postgres.py, for backups."""

from __future__ import annotations

import os
import secrets
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio
from tests import distribution
from tests.postgres import free_port, wait_until

from vttbench.backup.retention import Retention
from vttbench.backup.settings import BucketAccess, DatabaseServer, Settings
from vttbench.postgresql.password_file import password_line

_CACHE = Path("~/.cache/vttbench").expanduser()


@dataclass(frozen=True)
class ObjectStore:
    """A server of S3 with one bucket."""

    access: BucketAccess
    client: Minio


def _program(name: str, variable: str) -> Path:
    named = os.environ.get(variable)
    found = [Path(named)] if named else list(_CACHE.glob(f"{name}/*/*/{name}"))
    programs = [path for path in found if os.access(path, os.X_OK)]
    if not programs:
        pytest.skip(f"no {name} in {_CACHE}; the role minio builds it, or name one by {variable}")
    return programs[-1]


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory):
    program = _program("minio", "VTTBENCH_MINIO")
    port, folder = free_port(), tmp_path_factory.mktemp("minio")
    key, secret = secrets.token_hex(10), secrets.token_hex(20)
    endpoint = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [program, "server", "--anonymous", "--address", f"127.0.0.1:{port}", folder],
        env={"HOME": str(folder), "MINIO_ROOT_USER": key, "MINIO_ROOT_PASSWORD": secret}
        | {"MINIO_BROWSER": "off", "MINIO_CI_CD": "on"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def healthy() -> bool:
            try:
                with urllib.request.urlopen(f"{endpoint}/minio/health/live", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_until(healthy, "MinIO")
        yield endpoint, key, secret
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def store(minio_server) -> ObjectStore:
    endpoint, key, secret = minio_server
    access = BucketAccess(endpoint, f"artifacts-{secrets.token_hex(4)}", key, secret)
    client = Minio(endpoint.removeprefix("http://"), key, secret, secure=False)
    client.make_bucket(access.name)
    return ObjectStore(access, client)


@pytest.fixture
def password_file(postgres, tmp_path) -> Path:
    path = tmp_path / "pgpass"
    path.touch(mode=0o600)
    path.write_text(
        password_line(
            host="127.0.0.1", port=postgres.port, user="mlflow", password=postgres.password
        )
        + "\n"
    )
    return path


@pytest.fixture
def rsync() -> None:
    """What copies of backups are made with."""
    distribution.need({"rsync": "rsync"})


@pytest.fixture
def settings(postgres, store, password_file, tmp_path) -> Settings:
    """A results server in small: a database of runs, one of accounts, a bucket."""
    for name in ("mlflow", "mlflow_auth"):
        postgres.make_database(name)
    directory = tmp_path / "backups-of-the-server"
    directory.mkdir()
    return Settings(
        directory=directory,
        database=DatabaseServer(
            "127.0.0.1", postgres.port, "mlflow", ("mlflow", "mlflow_auth"), str(password_file)
        ),
        bucket=store.access,
        target=None,
        retention=Retention(),
    )
