"""PostgreSQL databases, by PostgreSQL's own programs.

Passwords come from a file (``PGPASSFILE``), never from arguments or the environment.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import Dump, sha256_of
from vttbench.backup.settings import DatabaseServer

_COPY = re.compile(rb'COPY (?P<table>(?:"[^"]*"|[^\s("])+) [(]')
_COMPLAINT = re.compile(r"\b(?:error|FATAL|ERROR):")
_END_OF_COPY = b"\\.\n"
# Tables that hold people's work, with what counts there. A fresh MLflow has none of it; a run that
# was deleted (as a deployment's own throw-away runs are) is no work.
_WORK = {
    "runs": "lifecycle_stage = 'active'",
    "registered_models": "true",
    "trace_info": "true",
    "logged_models": "lifecycle_stage = 'active'",
}
# Accounts are made by every deployment.
_ACCOUNTS = "alembic_version_auth"


class Databases:
    """The databases of one server.

    Every method raises :class:`BackupError` with PostgreSQL's own words.
    """

    def __init__(self, server: DatabaseServer) -> None:
        self._server = server

    def dump(self, database: str, folder: Path) -> Dump:
        """Write one database into a folder, read the whole dump again and count its rows."""
        path = folder / f"{database}.dump"
        self._run(
            [
                "pg_dump",
                "--format=custom",
                "--no-password",
                f"--file={path}",
                f"--dbname={database}",
            ]
        )
        return Dump(
            database=database,
            file=path.name,
            size=path.stat().st_size,
            sha256=sha256_of(path),
            rows=rows_in(path),
        )

    def restore(self, dump: Dump, folder: Path) -> None:
        """Bring a dump into its database, which must be empty, and count the rows there.

        All of it or nothing arrives. Objects belong to the server's role; who may read them is
        told by the database's default privileges, not by the dump.
        """
        if tables := self._tables(dump.database):
            raise BackupError(
                f"database {dump.database} on {self._server.host} is not empty: it has"
                f" {len(tables)} tables. playbooks/restore.yml makes it anew"
            )
        self._run([
            "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-acl",
            "--no-password", f"--dbname={dump.database}", str(folder / dump.file),
        ])  # fmt: skip
        arrived = self.rows(dump.database)
        for table, count in dump.rows.items():
            if arrived.get(table) != count:
                raise BackupError(
                    f"database {dump.database}: {table} has {arrived.get(table)} rows after"
                    f" restoring, expected {count}"
                )

    def rows(self, database: str) -> dict[str, int]:
        """Count the rows of every table of a database."""
        tables = self._tables(database)
        return {
            table: int(self._query(database, f"SELECT count(*) FROM {table}"))  # noqa: S608
            for table in tables
        }

    def work(self, database: str) -> dict[str, int]:
        """Return what would be lost if a database were made anew: rows by table."""
        tables = {table.removeprefix("public."): table for table in self._tables(database)}
        if _ACCOUNTS in tables:
            return {}
        if "runs" in tables:
            counted = {tables[name]: what for name, what in _WORK.items() if name in tables}
        else:
            counted = dict.fromkeys(tables.values(), "true")
        found = {
            table: int(self._query(database, f"SELECT count(*) FROM {table} WHERE {what}"))  # noqa: S608
            for table, what in counted.items()
        }
        return {table: count for table, count in found.items() if count}

    def _tables(self, database: str) -> list[str]:
        listed = self._query(
            database,
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        )
        return listed.splitlines()

    def _query(self, database: str, query: str) -> str:
        return self._run([
            "psql", "--no-psqlrc", "--no-password", "--no-align", "--tuples-only",
            "--set=ON_ERROR_STOP=1", f"--command={query}", f"--dbname={database}",
        ]).strip()  # fmt: skip

    def _run(self, argv: Sequence[str]) -> str:
        server = self._server
        environment = {
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
        return _output(argv, environment)


def rows_in(dump: Path) -> dict[str, int]:
    """Read a dump from its first to its last byte and return how many rows each table has."""
    rows: dict[str, int] = {}
    argv = ["pg_restore", "--data-only", "--file=-", str(dump)]
    with _started(argv) as process:
        assert process.stdout is not None
        table = ""
        for line in process.stdout:
            if table:
                if line == _END_OF_COPY:
                    table = ""
                else:
                    rows[table] += 1
            elif match := _COPY.match(line):
                table = match["table"].decode()
                rows[table] = 0
        _, message = process.communicate()
    if process.returncode:
        raise BackupError(f"{dump}: not a whole dump ({_reason(message)})")
    return rows


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise BackupError(f"{argv[0]}: {error.strerror}") from error


def _output(argv: Sequence[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BackupError(f"{argv[0]}: {error.strerror}") from error
    if done.returncode:
        raise BackupError(_reason(done.stderr.encode()))
    return done.stdout


def _reason(message: bytes) -> str:
    """Return the line that says what went wrong: hints and context stand around it."""
    lines = message.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return next((line for line in lines if _COMPLAINT.search(line)), lines[-1])
