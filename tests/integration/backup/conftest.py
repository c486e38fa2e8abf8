"""A real PostgreSQL and a real S3 server on the loopback, for backups to read and restore."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio

from vttbench.backup.retention import Retention
from vttbench.backup.settings import BucketAccess, DatabaseServer, Settings
from vttbench.postgresql.password_file import password_line

_CACHE = Path("~/.cache/vttbench").expanduser()
_LONGEST_START_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, what: str) -> None:
    limit = time.monotonic() + _LONGEST_START_S
    while not ready():
        assert time.monotonic() < limit, f"{what} did not start"
        time.sleep(0.1)


@dataclass(frozen=True)
class Postgres:
    """A server whose role ``mlflow`` has a password with all that a file must quote."""

    folder: Path
    port: int
    programs: Path
    password: str = r"a:b\c'd e"

    def sql(self, statement: str, database: str = "postgres") -> str:
        done = subprocess.run(
            [
                self.programs / "psql",
                "-X",
                "-At",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                str(self.folder),
                "-p",
                str(self.port),
                "-U",
                "postgres",
                "-d",
                database,
                "-c",
                statement,
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def make_database(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {name} OWNER mlflow")


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server on this machine (apt-get install postgresql)")
    return found[-1].parent


def _as_postgres() -> dict:
    # The server refuses to run as root.
    if os.geteuid():
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    programs = _programs()
    # A socket's path must be short.
    folder = Path(f"/tmp/vttbench-pg-{secrets.token_hex(4)}")
    folder.mkdir(mode=0o700)
    server = None
    try:
        identity = _as_postgres()
        if identity:
            shutil.chown(folder, "postgres", "postgres")
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                folder / "data",
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **identity,
        )
        (folder / "data" / "pg_hba.conf").write_text(
            "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        port = free_port()
        server = subprocess.Popen(
            [
                programs / "postgres",
                "-D",
                folder / "data",
                "-p",
                str(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                f"unix_socket_directories={folder}",
                "-c",
                "fsync=off",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **identity,
        )
        started = Postgres(folder, port, programs)
        wait_until(
            lambda: (
                subprocess.run(
                    [programs / "pg_isready", "-h", folder, "-p", str(port)], capture_output=True
                ).returncode
                == 0
            ),
            "PostgreSQL",
        )
        quoted = started.password.replace("'", "''")
        started.sql(f"CREATE ROLE mlflow LOGIN PASSWORD '{quoted}'")
        yield started
    finally:
        if server:
            server.terminate()
            server.wait(30)
        shutil.rmtree(folder)


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
