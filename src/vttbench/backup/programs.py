"""PostgreSQL's own programs: what they are told, and what they said when they failed.

Passwords come from a file (``PGPASSFILE``), never from arguments or the environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from vttbench.backup.errors import BackupError
from vttbench.backup.settings import DatabaseServer

_COMPLAINT = re.compile(r"\b(?:error|FATAL|ERROR):")


def connection(server: DatabaseServer) -> dict[str, str]:
    """Return the environment that makes PostgreSQL's programs connect to a server."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSFILE": server.password_file,
        "PGCONNECT_TIMEOUT": "15",
        "PGAPPNAME": "vttbench-backup",
        **({"PGSSLMODE": "verify-full", "PGSSLROOTCERT": server.ca} if server.ca else {}),
    }


def psql(database: str, *arguments: str) -> list[str]:
    """Return the command of a client that reads no start-up file and stops at the first error."""
    return [
        "psql", "--no-psqlrc", "--no-password", "--no-align", "--tuples-only", "--quiet",
        "--set=ON_ERROR_STOP=1", f"--dbname={database}", *arguments,
    ]  # fmt: skip


def output(argv: Sequence[str], environment: dict[str, str]) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        BackupError: it failed; with its own words.
    """
    with _named(argv[0]):
        done = subprocess.run(argv, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise BackupError(_reason(done.stderr))
    return done.stdout.decode()


@contextmanager
def printing(argv: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run a program and give what it prints while it does.

    Raises:
        BackupError: it failed; with its own words.
    """
    with tempfile.TemporaryFile() as complaints, _named(argv[0]):
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=complaints) as process:
            assert process.stdout is not None
            yield process.stdout
        if process.returncode:
            complaints.seek(0)
            raise BackupError(_reason(complaints.read()))


def feed(
    argv: Sequence[str], environment: dict[str, str], write: Callable[[IO[bytes]], None]
) -> None:
    """Run a program that reads what a function writes.

    Raises:
        BackupError: it failed; with its own words.
    """
    with tempfile.TemporaryFile() as complaints, _named(argv[0]):
        broken = None
        with subprocess.Popen(
            argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=complaints,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            try:
                write(process.stdin)
                process.stdin.close()
            except BrokenPipeError as error:  # it stopped reading: its complaint says why
                broken = error
        if process.returncode or broken:
            complaints.seek(0)
            raise BackupError(_reason(complaints.read()))


@contextmanager
def _named(program: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if error.filename != program:
            raise
        raise BackupError(f"{program} is not installed") from error


def _reason(complaints: bytes) -> str:
    """Return the line that says what went wrong: hints and context stand around it."""
    lines = complaints.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return next((line for line in lines if _COMPLAINT.search(line)), lines[-1])
