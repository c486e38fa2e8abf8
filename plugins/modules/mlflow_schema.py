"""Module ``mlflow_schema``: brings a database to what the installed MLflow expects."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mlflow_schema
short_description: Make or migrate the tables of an MLflow server, with a backup before
description:
  - Brings a PostgreSQL database to the revision that the installed MLflow expects. An empty database gets its
    tables. One of an older MLflow is written to a file with C(pg_dump) first and then migrated; without a backup
    nothing is migrated.
  - Refuses a database that a newer MLflow has written.
  - Must be run by the Python of MLflow's own environment (C(ansible_python_interpreter)). The database's password
    is in no process list.
options:
  database_uri:
    description: SQLAlchemy URI of the database, with its password.
    type: str
    required: true
  tables:
    description: Whose tables - V(tracking) of runs, V(auth) of accounts.
    type: str
    choices: [tracking, auth]
    default: tracking
  backup_dir:
    description: Folder on the host for backups. It is made with mode 0700.
    type: path
    required: true
  wait:
    description: Seconds to wait for the database to answer.
    type: int
    default: 60
requirements:
  - C(pg_dump) on the host, no older than the database server, when something is to be migrated
attributes:
  check_mode:
    support: full
    description: Says whether something would be made or migrated.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Bring the tables to this version of MLflow
  mlflow_schema:
    database_uri: "{{ uri }}"
    backup_dir: /var/lib/mlflow/migrations
  no_log: true
  vars:
    ansible_python_interpreter: /opt/vttbench/mlflow/3.17.2/bin/python
"""

RETURN = r"""
before:
  description: Revision that was found; null in an empty database.
  type: str
  returned: success
outdated:
  description: Whether they differed.
  type: bool
  returned: success
after:
  description: Revision that the installed MLflow expects.
  type: str
  returned: success
backup:
  description: File with the database as it was; null when nothing was migrated.
  type: str
  returned: success
"""

import ast
import importlib.util
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule


class SchemaError(Exception):
    """What a person has to do something about."""


def main() -> None:
    """Make or migrate."""
    module = AnsibleModule(
        argument_spec={
            "database_uri": {"type": "str", "required": True, "no_log": True},
            "tables": {"type": "str", "choices": ["tracking", "auth"], "default": "tracking"},
            "backup_dir": {"type": "path", "required": True},
            "wait": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**_bring_up_to_date(module))
    except (SchemaError, OSError) as error:
        module.fail_json(msg=str(error))


def _bring_up_to_date(module: AnsibleModule) -> dict[str, Any]:
    import sqlalchemy

    engine = sqlalchemy.create_engine(module.params["database_uri"])
    _wait_for(engine, module.params["wait"])
    tables = _Tracking() if module.params["tables"] == "tracking" else _Auth()
    before, after = tables.revision(engine), tables.head()
    answer: dict[str, Any] = {
        "changed": before != after,
        "outdated": before != after,
        "before": before,
        "after": after,
        "backup": None,
    }
    if before == after:
        return answer
    if before is not None and before not in tables.known():
        raise SchemaError(
            f"The database {engine.url.database} was written by a newer MLflow (revision {before}, "
            f"this MLflow knows up to {after}): install that version, or restore a backup."
        )
    if module.check_mode:
        return answer
    if before is not None:
        answer["backup"] = _back_up(engine.url, Path(module.params["backup_dir"]), before)
    tables.upgrade(engine)
    return answer


class _Tracking:
    """Tables of runs; alembic's mark is ``alembic_version``."""

    migrations = "store/db_migrations/versions"

    def _script(self) -> Any:
        from alembic.script import ScriptDirectory
        from mlflow.store.db.utils import _get_alembic_config

        return ScriptDirectory.from_config(_get_alembic_config(db_url=""))

    def head(self) -> str:
        return _head_in(_mlflow() / self.migrations) or str(self._script().get_current_head())

    def known(self) -> set[str]:
        return {script.revision for script in self._script().walk_revisions()}

    def revision(self, engine: Any) -> str | None:
        return _revision(engine, "alembic_version")

    def upgrade(self, engine: Any) -> None:
        from mlflow.store.db import utils

        if self.revision(engine) is None:
            utils._initialize_tables(engine)
        else:
            _put_views_away(engine)
            utils._upgrade_db(engine)


class _Auth(_Tracking):
    """Tables of accounts; alembic's mark is ``alembic_version_auth``."""

    migrations = "server/auth/db/migrations/versions"

    def _script(self) -> Any:
        from alembic.script import ScriptDirectory
        from mlflow.server.auth.db.utils import _get_alembic_config

        return ScriptDirectory.from_config(_get_alembic_config(""))

    def revision(self, engine: Any) -> str | None:
        marked = _revision(engine, "alembic_version_auth")
        if marked is not None:
            return marked
        from mlflow.server.auth.db.utils import INITIAL_REVISION, _is_legacy_database

        # MLflow before 3.6 wrote no mark; such tables are its first revision.
        return str(INITIAL_REVISION) if _is_legacy_database(engine) else None

    def upgrade(self, engine: Any) -> None:
        from mlflow.server.auth.db.utils import migrate_if_needed

        migrate_if_needed(engine, "head")


def _mlflow() -> Path:
    """Return where MLflow is installed, without importing it."""
    package = importlib.util.find_spec("mlflow")
    if package is None or package.origin is None:
        raise SchemaError("This Python has no MLflow: see ansible_python_interpreter.")
    return Path(package.origin).parent


def _head_in(migrations: Path) -> str | None:
    """Read the last revision from the files of the migrations; None where they say it otherwise.

    Alembic runs each of these files, and they import all of MLflow: four seconds for two words.
    """
    revisions: set[str] = set()
    replaced: set[str] = set()
    for file in migrations.glob("*.py"):
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                if statement.targets[0].id == "revision":
                    revisions.add(ast.literal_eval(statement.value))
                elif statement.targets[0].id == "down_revision":
                    before = ast.literal_eval(statement.value)
                    replaced.update([before] if isinstance(before, str) else before or [])
    heads = revisions - replaced
    return heads.pop() if len(heads) == 1 else None


def _revision(engine: Any, mark: str) -> str | None:
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": mark})
        found = context.get_current_revision()
        return None if found is None else str(found)


def _put_views_away(engine: Any) -> None:
    """Remove our views: a column that a view shows can't be changed. ``bi_views`` makes them anew."""
    import sqlalchemy

    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '20s'")
        views = sqlalchemy.inspect(connection).get_view_names(schema="bi")
        if views:
            names = ", ".join(f'bi."{name}"' for name in views)
            connection.exec_driver_sql(f"DROP VIEW {names}")
            connection.exec_driver_sql("COMMENT ON SCHEMA bi IS NULL")


def _wait_for(engine: Any, wait_s: int) -> None:
    import sqlalchemy

    end = time.monotonic() + wait_s
    while True:
        try:
            with engine.connect():
                return
        except sqlalchemy.exc.OperationalError as error:
            # A wrong password does not get right by waiting.
            final = "authentication failed" in str(error.orig) or "does not exist" in str(
                error.orig
            )
            if final or time.monotonic() > end:
                where = f"{engine.url.host}:{engine.url.port or 5432}/{engine.url.database}"
                reason = str(error.orig).strip().splitlines()[-1]
                raise SchemaError(f"The database {where} can't be used: {reason}") from None
            time.sleep(1)


def _back_up(url: Any, folder: Path, revision: str) -> str:
    program = shutil.which("pg_dump")
    if program is None:
        raise SchemaError(
            f"The database {url.database} has to be migrated, and pg_dump is missing for the backup "
            "before that: install the package postgresql-client."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = folder / f"{url.database}-{revision}-{at}.dump"
    partial = target.with_suffix(".partial")
    connection = {
        "PGHOST": url.host,
        "PGPORT": str(url.port or 5432),
        "PGDATABASE": url.database,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        **{f"PG{name.upper()}": value for name, value in url.query.items()},
    }
    partial.touch(mode=0o600)
    done = subprocess.run(
        [program, "--format=custom", f"--file={partial}"],
        env={**os.environ, **{name: str(value) for name, value in connection.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        partial.unlink(missing_ok=True)
        raise SchemaError(f"The backup before the migration failed: {done.stderr.strip()}")
    partial.replace(target)
    return str(target)


if __name__ == "__main__":
    main()
