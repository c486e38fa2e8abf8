"""A real PostgreSQL on the loopback, of the distribution's packages."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import distribution

_LONGEST_START_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], what: str) -> None:
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
    where = Path("/usr/lib/postgresql")
    if not (found := sorted(where.glob("*/bin/initdb"))):
        # Debian keeps the server's programs out of the path.
        distribution.need_server({str(where / "initdb"): "postgresql"})
        found = sorted(where.glob("*/bin/initdb"))
    return found[-1].parent


def _as_postgres() -> dict:
    # The server refuses to run as root.
    if os.geteuid():
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def running() -> Iterator[Postgres]:
    """Have a server, and none afterwards."""
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
            # "Fast": connections that a test kept open are closed instead of waited for.
            server.send_signal(signal.SIGINT)
            server.wait(30)
        shutil.rmtree(folder)
