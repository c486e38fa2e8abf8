"""Which revision an MLflow expects is read from its files, and is what alembic says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def schema() -> ModuleType:
    path = ROOT / "plugins/modules/mlflow_schema.py"
    spec = importlib.util.spec_from_file_location("mlflow_schema", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_what_alembic_says(schema: ModuleType) -> None:
    tables = schema._Tracking()
    read = schema._head_in(schema._mlflow() / tables.migrations)
    assert read == tables._script().get_current_head()


def test_both_kinds_of_tables_have_one(schema: ModuleType) -> None:
    heads = {schema._head_in(schema._mlflow() / one.migrations) for one in _kinds(schema)}
    assert None not in heads
    assert len(heads) == 2


def test_two_that_nothing_follows_are_left_to_alembic(schema: ModuleType, tmp_path: Path) -> None:
    for name in ("aa", "bb"):
        (tmp_path / f"{name}.py").write_text(f'revision = "{name}"\ndown_revision = None\n')
    assert schema._head_in(tmp_path) is None
    (tmp_path / "cc.py").write_text('revision = "cc"\ndown_revision = ("aa", "bb")\n')
    assert schema._head_in(tmp_path) == "cc"


def _kinds(schema: ModuleType) -> list[type]:
    return [schema._Tracking, schema._Auth]
