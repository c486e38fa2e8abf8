"""PostgreSQL databases: dumped, counted, restored."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import IO

from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import Dump, sha256_of
from vttbench.backup.programs import connection, feed, output, printing, psql
from vttbench.backup.settings import DatabaseServer

_COPY = re.compile(rb'COPY (?P<table>(?:"[^"]*"|[^\s("])+) [(]')
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
# Everything that the role made itself; what belongs to extensions or others stays. Whoever is still
# connected gets half a minute to leave. Tables go first and take the sequences of columns along.
_BEGIN = b"""
BEGIN;
SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = warning;
DO $$
DECLARE
  doomed record;
BEGIN
  FOR doomed IN
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           format('%I.%I', nspname, relname) AS name,
           CASE relkind WHEN 'S' THEN 2 ELSE 1 END AS turn
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_get_userbyid(relowner) = current_user
      AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg_%temp%'
    UNION ALL
    SELECT 'TYPE', format('%I.%I', nspname, typname), 3
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
    WHERE typtype IN ('e', 'd') AND pg_get_userbyid(typowner) = current_user
      AND nspname NOT IN ('pg_catalog', 'information_schema')
    UNION ALL
    -- Functions and procedures; triggers of tables call some. Those of extensions belong to them.
    SELECT 'ROUTINE', pg_proc.oid::regprocedure::text, 4
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE pg_get_userbyid(proowner) = current_user
      AND nspname NOT IN ('pg_catalog', 'information_schema')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT 'SCHEMA', format('%I', nspname), 5
    FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_user AND nspname <> 'public'
    ORDER BY turn
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', doomed.kind, doomed.name);
  END LOOP;
END $$;
"""
# Views for BI tools say nothing of their own, and who may read them is not in a dump. Each
# deployment makes them anew where they are missing.
_END = b"""
DROP SCHEMA IF EXISTS bi CASCADE;
COMMIT;
"""


class Databases:
    """The databases of one server.

    Every method raises :class:`BackupError` with PostgreSQL's own words.
    """

    def __init__(self, server: DatabaseServer) -> None:
        self._environment = connection(server)

    def dump(self, database: str, folder: Path) -> Dump:
        """Write one database into a folder, read the whole dump again and count its rows."""
        path = folder / f"{database}.dump"
        output(
            [
                "pg_dump", "--format=custom", "--no-password",
                f"--file={path}", f"--dbname={database}",
            ],
            self._environment,
        )  # fmt: skip
        return Dump(
            database=database,
            file=path.name,
            size=path.stat().st_size,
            sha256=sha256_of(path),
            rows=rows_in(path),
        )

    def restore(self, dump: Dump, folder: Path) -> None:
        """Put the content of a dump into its database, in place of what is there.

        One transaction: what was there goes and what was dumped comes, or nothing changes. Objects
        belong to the server's role; who may read them is told by the database's default
        privileges, not by the dump. Rows are counted at the end.
        """

        def write(session: IO[bytes]) -> None:
            session.write(_BEGIN)
            sql = ["pg_restore", "--no-owner", "--no-acl", "--file=-", str(folder / dump.file)]
            with printing(sql) as statements:
                shutil.copyfileobj(statements, session)
            # Reached only by a whole dump: whatever breaks off before leaves all as it was.
            session.write(_END)

        feed(psql(dump.database), self._environment, write)
        arrived = self.rows(dump.database)
        for table, count in dump.rows.items():
            if arrived.get(table) != count:
                raise BackupError(
                    f"database {dump.database}: {table} has {arrived.get(table)} rows after"
                    f" restoring, expected {count}"
                )

    def rows(self, database: str) -> dict[str, int]:
        """Count the rows of every table of a database."""
        return {table: self._count(database, table) for table in self._tables(database)}

    def work(self, database: str) -> dict[str, int]:
        """Return what would be lost if a database were replaced: rows by table."""
        tables = {table.removeprefix("public."): table for table in self._tables(database)}
        if _ACCOUNTS in tables:
            return {}
        if "runs" in tables:
            counted = {tables[name]: what for name, what in _WORK.items() if name in tables}
        else:
            counted = dict.fromkeys(tables.values(), "true")
        found = {table: self._count(database, table, what) for table, what in counted.items()}
        return {table: count for table, count in found.items() if count}

    def _tables(self, database: str) -> list[str]:
        listed = self._ask(
            database,
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        )
        return listed.splitlines()

    def _count(self, database: str, table: str, condition: str = "true") -> int:
        # Names come from the server, quoted by it; conditions stand above.
        query = f"SELECT count(*) FROM {table} WHERE {condition}"  # noqa: S608
        return int(self._ask(database, query))

    def _ask(self, database: str, query: str) -> str:
        return output(psql(database, f"--command={query}"), self._environment).strip()


def rows_in(dump: Path) -> dict[str, int]:
    """Read a dump from its first to its last byte and return how many rows each table has.

    Raises:
        BackupError: it is not a whole dump.
    """
    rows: dict[str, int] = {}
    table = ""
    with printing(["pg_restore", "--data-only", "--file=-", str(dump)]) as lines:
        for line in lines:
            if table:
                if line == _END_OF_COPY:
                    table = ""
                else:
                    rows[table] += 1
            elif match := _COPY.match(line):
                table = match["table"].decode()
                rows[table] = 0
    return rows
