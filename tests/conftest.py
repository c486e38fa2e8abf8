"""Fixtures that several rooms of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Whatever a test starts, it is never Ansible with the fleet, which ansible.cfg has as its default.
os.environ.setdefault("ANSIBLE_INVENTORY", "inventory/local")

_BUILDS = Path("~/.cache/vttbench/llama.cpp").expanduser()


@pytest.fixture(scope="session")
def llama_bench() -> Path:
    """A real llama-bench: ``$VTTBENCH_LLAMA_BENCH``, or the newest that the role has built."""
    named = os.environ.get("VTTBENCH_LLAMA_BENCH")
    found = [Path(named)] if named else _BUILDS.glob("**/llama-bench")
    programs = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    if not programs:
        pytest.skip(
            f"no llama-bench in {named or _BUILDS}; "
            "`ansible-playbook benchmark.yml --tags install,llama` builds one"
        )
    return max(programs, key=lambda path: path.stat().st_mtime)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is quick first, and what needs a program after the tests that build it."""
    items.sort(
        key=lambda item: (
            "minio_server" in getattr(item, "fixturenames", ()),
            "lab" in item.path.parts,
            "integration" in item.path.parts,
            "llama_bench" in getattr(item, "fixturenames", ()),
        )
    )
