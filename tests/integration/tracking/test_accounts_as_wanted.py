"""The look at accounts without MLflow says yes only where MLflow itself has nothing to do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
WANTED = [
    {"name": "admin", "password": "admin-password", "role": "admin"},
    {"name": "shipper", "password": "shipper-password", "role": "shipper"},
    {"name": "viewer", "password": "viewer-password", "role": "viewer"},
]


@pytest.fixture(scope="module")
def accounts() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "mlflow_accounts", ROOT / "plugins/modules/mlflow_accounts.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(accounts: ModuleType, tmp_path: Path) -> tuple[str, Any]:
    """Return the URI of a database of accounts, as the module brings them, and MLflow's store."""
    uri = f"sqlite:///{tmp_path / 'accounts.db'}"
    changes = accounts._Accounts(uri, dry=False)
    for one in WANTED:
        changes.bring(one["name"], one["password"], one["role"])
    assert changes.made == ["admin", "shipper", "viewer"]
    return uri, changes._store


def bring(accounts: ModuleType, uri: str) -> list[str]:
    """Have MLflow bring them, and return which it changed."""
    changes = accounts._Accounts(uri, dry=False)
    for one in WANTED:
        changes.bring(one["name"], one["password"], one["role"])
    found: list[str] = changes.made + changes.updated
    return found


def test_what_mlflow_made_is_as_wanted(accounts: ModuleType, server: tuple[str, Any]) -> None:
    uri, _ = server
    assert accounts._are_as_wanted(uri, WANTED)
    assert bring(accounts, uri) == []


@pytest.mark.parametrize(
    ("harm", "changed"),
    [
        (lambda store: store.update_user("viewer", "another-password"), "viewer"),
        (lambda store: store.update_user("viewer", is_admin=True), "viewer"),
        (lambda store: store.update_user("admin", is_admin=False), "admin"),
        (lambda store: store.delete_user("shipper"), "shipper"),
        (
            lambda store: store.revoke_user_resource_permission("shipper", "experiment", "*"),
            "shipper",
        ),
        (lambda store: store.grant_user_permission("viewer", "experiment", "*", "EDIT"), "viewer"),
    ],
    ids=["password", "made admin", "admin no more", "gone", "grant gone", "may write"],
)
def test_what_mlflow_would_change_is_not(
    accounts: ModuleType, server: tuple[str, Any], harm: Any, changed: str
) -> None:
    uri, store = server
    harm(store)
    assert not accounts._are_as_wanted(uri, WANTED)
    assert bring(accounts, uri) == [changed]
    assert accounts._are_as_wanted(uri, WANTED)


def test_a_database_without_accounts_says_no(accounts: ModuleType, tmp_path: Path) -> None:
    assert not accounts._are_as_wanted(f"sqlite:///{tmp_path / 'empty.db'}", WANTED)


def test_where_no_grant_is_to_be_seen_nobody_knows_where_grants_are(
    accounts: ModuleType, server: tuple[str, Any]
) -> None:
    uri, _ = server
    assert not accounts._are_as_wanted(uri, [one for one in WANTED if one["role"] != "shipper"])
