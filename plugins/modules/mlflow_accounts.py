"""Module ``mlflow_accounts``: who may do what on an MLflow server with basic authentication."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mlflow_accounts
short_description: Accounts of an MLflow server, their passwords and what they may do
description:
  - Makes and updates accounts in the database of MLflow's basic authentication. It needs no running server, so
    that every password is set before anybody can reach the port.
  - V(admin) may do everything. V(shipper) may make experiments and write into every one, and delete in
    its own only. V(viewer) reads (MLflow's C(default_permission) must be C(READ)); any grant of writing that it
    once had is taken away.
  - Accounts that are not named are left alone.
  - Must be run by the Python of MLflow's own environment (C(ansible_python_interpreter)).
  - A running server remembers passwords for as long as its C(auth_cache_ttl_seconds) says; restart it when
    something changed.
options:
  database_uri:
    description: SQLAlchemy URI of the accounts' database, with its password.
    type: str
    required: true
  accounts:
    description: The accounts.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: User name.
        type: str
        required: true
      password:
        description: Password, at least 12 characters.
        type: str
        required: true
      role:
        description: What it may do.
        type: str
        choices: [admin, shipper, viewer]
        required: true
attributes:
  check_mode:
    support: full
    description: Says which accounts would be made or changed.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Make the accounts
  mlflow_accounts:
    database_uri: "{{ uri }}"
    accounts:
      - {name: admin, password: "{{ vault_mlflow_admin_password }}", role: admin}
      - {name: shipper, password: "{{ vault_mlflow_shipper_password }}", role: shipper}
  no_log: true
  vars:
    ansible_python_interpreter: /opt/vttbench/mlflow/3.17.2/bin/python
"""

RETURN = r"""
made:
  description: Names of new accounts.
  type: list
  returned: success
updated:
  description: Names of accounts whose password, role or grants changed.
  type: list
  returned: success
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

# Resource type, pattern and permission that a role is granted; None of these is revoked.
_GRANTS = {"admin": None, "shipper": ("experiment", "*", "EDIT"), "viewer": None}
_WRITING = ("EDIT", "MANAGE", "USE")
_USERS = "SELECT username, password_hash, is_admin FROM users"
# A user's own grants are those of a role that is named after the user.
_GRANTED = """
SELECT users.username, role_permissions.resource_type, role_permissions.resource_pattern,
       role_permissions.permission
FROM users
JOIN user_role_assignments ON user_role_assignments.user_id = users.id
JOIN roles ON roles.id = user_role_assignments.role_id
JOIN role_permissions ON role_permissions.role_id = roles.id
WHERE roles.name = '__user_' || users.id || '__'
"""


def main() -> None:
    """Make and update."""
    module = AnsibleModule(
        argument_spec={
            "database_uri": {"type": "str", "required": True, "no_log": True},
            "accounts": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "role": {"type": "str", "required": True, "choices": sorted(_GRANTS)},
                },
            },
        },
        supports_check_mode=True,
    )
    accounts = module.params["accounts"]
    if _are_as_wanted(module.params["database_uri"], accounts):
        module.exit_json(changed=False, made=[], updated=[])
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        if module.check_mode and not _is_current(module.params["database_uri"]):
            module.exit_json(changed=True, made=[one["name"] for one in accounts], updated=[])
        changes = _Accounts(module.params["database_uri"], dry=module.check_mode)
        for account in accounts:
            changes.bring(account["name"], account["password"], account["role"])
    except MlflowException as error:
        module.fail_json(msg=f"MLflow refuses this: {error.message}")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        module.fail_json(msg=f"The accounts' database can't be used: {reason.strip()}")
    changed = bool(changes.made or changes.updated)
    module.exit_json(changed=changed, made=changes.made, updated=changes.updated)


def _are_as_wanted(uri: str, accounts: list[dict[str, str]]) -> bool:
    """Tell whether there is surely nothing to do, without MLflow, which takes seconds to load.

    No is no answer: it is also said where MLflow keeps its accounts in another way than here.
    """
    import sqlalchemy
    from werkzeug.security import check_password_hash

    try:
        with sqlalchemy.create_engine(uri).connect() as connection:
            users = {row.username: row for row in connection.execute(sqlalchemy.text(_USERS))}
            rows = connection.execute(sqlalchemy.text(_GRANTED)).all()
    except sqlalchemy.exc.SQLAlchemyError:
        return False
    granted: dict[str, list[tuple[str, str, str]]] = {}
    for name, *grant in rows:
        granted.setdefault(name, []).append((grant[0], grant[1], grant[2]))
    found = False
    for account in accounts:
        user, role = users.get(account["name"]), account["role"]
        own, wanted = granted.get(account["name"], []), _GRANTS[role]
        if user is None or bool(user.is_admin) != (role == "admin"):
            return False
        if not check_password_hash(user.password_hash, account["password"]):
            return False
        if wanted is not None and wanted not in own:
            return False
        if role == "viewer" and any(_is_too_much(grant) for grant in own):
            return False
        found = found or wanted is not None
    # A grant that was read shows that grants are where they are looked for.
    return found


def _is_too_much(grant: tuple[str, str, str]) -> bool:
    """Tell whether a viewer must not have this grant."""
    kind, _, permission = grant
    return permission in _WRITING and kind != "workspace"


def _is_current(uri: str) -> bool:
    """Tell whether the tables are this MLflow's: to open the store is to migrate them."""
    import sqlalchemy
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from mlflow.server.auth.db.utils import _get_alembic_config

    with sqlalchemy.create_engine(uri).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "alembic_version_auth"}
        )
        head = ScriptDirectory.from_config(_get_alembic_config("")).get_current_head()
        return bool(context.get_current_revision() == head)


class _Accounts:
    """The store of accounts, and what was done to it."""

    def __init__(self, uri: str, *, dry: bool) -> None:
        from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

        self._store: Any = SqlAlchemyStore()
        self._store.init_db(uri)
        self._dry = dry
        self.made: list[str] = []
        self.updated: list[str] = []

    def bring(self, name: str, password: str, role: str) -> None:
        """Make one account as it should be."""
        is_admin = role == "admin"
        if not self._store.has_user(name):
            self.made.append(name)
            if not self._dry:
                self._store.create_user(name, password, is_admin=is_admin)
                self._grant(name, role)
            return
        same = self._store.authenticate_user(name, password)
        user = self._store.get_user(name)
        stale = [] if same and bool(user.is_admin) == is_admin else ["account"]
        if stale and not self._dry:
            self._store.update_user(name, None if same else password, is_admin)
        if self._grant(name, role) or stale:
            self.updated.append(name)

    def _grant(self, name: str, role: str) -> bool:
        """Grant what a role needs and revoke what a viewer must not have; tell whether any was."""
        if self._dry and name in self.made:
            return True
        granted = self._granted(name)
        wanted = _GRANTS[role]
        changed = False
        if wanted is not None and wanted not in granted:
            changed = True
            if not self._dry:
                self._store.grant_user_permission(name, *wanted)
        if role == "viewer":
            for grant in filter(_is_too_much, granted):
                changed = True
                if not self._dry:
                    self._store.revoke_user_resource_permission(name, *grant[:2])
        return changed

    def _granted(self, name: str) -> list[tuple[str, str, str]]:
        """Return the grants of a user's own: resource type, pattern, permission."""
        user = self._store.get_user(name)
        own = self._store._synthetic_user_role_name(user.id)
        return [
            (grant.resource_type, grant.resource_pattern, grant.permission)
            for role in self._store.list_user_roles(user.id)
            if role.name == own
            for grant in self._store.list_role_permissions(role.id)
        ]


if __name__ == "__main__":
    main()
