"""Module ``bi_views``: the views that BI tools read, beside MLflow's tables."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bi_views
short_description: Views for BI tools in a schema of their own beside MLflow's tables
description:
  - Makes the views of a SQL file in the schema C(bi) of MLflow's database, in one transaction, and lets the named
    roles read them. The schema's comment remembers which file they were made from, so a second run changes nothing.
  - Refuses to replace views that somebody's own views were built on, and names those.
  - Must be run by the Python of MLflow's own environment (C(ansible_python_interpreter)), as the tables' owner.
options:
  database_uri:
    description: SQLAlchemy URI of the database, with its password.
    type: str
    required: true
  sql:
    description: File on the host with C(CREATE VIEW bi....) statements.
    type: path
    required: true
  readers:
    description: Roles that may read the views; without any the views are removed.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    support: full
    description: Says whether the views would be made anew.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Give BI tools their views
  bi_views:
    database_uri: "{{ uri }}"
    sql: /opt/vttbench/mlflow/bi_views.sql
    readers: [reader]
  no_log: true
"""

RETURN = r"""
views:
  description: Names of the views that were made.
  type: list
  elements: str
  returned: when they were made
"""

import hashlib
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Make the views if they are not as the file has them."""
    module = AnsibleModule(
        argument_spec={
            "database_uri": {"type": "str", "required": True, "no_log": True},
            "sql": {"type": "path", "required": True},
            "readers": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(module.params["database_uri"])
        with engine.begin() as connection:
            # Somebody's open transaction on a view would else hold the deployment up for ever.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '20s'")
            answer = _bring_up_to_date(connection, module)
        module.exit_json(**answer)
    except sqlalchemy.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).strip()
        module.fail_json(msg=f"The views of the schema bi were not changed: {cause}")
    except OSError as error:
        module.fail_json(msg=str(error))


def _bring_up_to_date(connection: Any, module: AnsibleModule) -> dict[str, Any]:
    sql, readers = Path(module.params["sql"]), module.params["readers"]
    wanted = _wanted(sql, readers, check_mode=module.check_mode)
    if _mark(connection) == wanted:
        return {"changed": False}
    if not module.check_mode:
        _remove(connection)
        if readers:
            _make(connection, sql.read_text(), readers, wanted)
    return {"changed": True, "views": _views(connection)}


def _wanted(sql: Path, readers: list[str], *, check_mode: bool) -> str | None:
    if not readers:
        return None
    if check_mode and not sql.is_file():
        return "not there yet"
    content = sql.read_text() + "\n".join(sorted(readers))
    return f"vttbench {hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _mark(connection: Any) -> str | None:
    found = connection.exec_driver_sql(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'bi'"
    ).first()
    return None if found is None else str(found[0])


def _views(connection: Any) -> list[str]:
    rows = connection.exec_driver_sql(
        "SELECT viewname FROM pg_views WHERE schemaname = 'bi' ORDER BY viewname"
    )
    return [str(row[0]) for row in rows]


def _remove(connection: Any) -> None:
    # Never CASCADE: views that people built on ours are theirs.
    if views := _views(connection):
        names = ", ".join(f'bi."{name}"' for name in views)
        connection.exec_driver_sql(f"DROP VIEW {names}")
    connection.exec_driver_sql("DROP SCHEMA IF EXISTS bi")


def _make(connection: Any, sql: str, readers: list[str], mark: str | None) -> None:
    connection.exec_driver_sql("CREATE SCHEMA bi")
    # Statements with a % of LIKE and a ? of jsonb: sent as they are, without parameters.
    connection.connection.cursor().execute(sql)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA bi IS '{mark}'")
    for reader in readers:
        role = connection.dialect.identifier_preparer.quote(reader)
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA bi TO {role}")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA bi TO {role}")


if __name__ == "__main__":
    main()
