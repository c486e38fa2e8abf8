"""Galaxy users and AWX get the collections that the PyPI package carries."""

import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PINNED = {
    entry["name"]: entry["version"]
    for entry in yaml.safe_load((ROOT / "collections" / "requirements.yml").read_text())[
        "collections"
    ]
}
FOR_PYTHON_3_11 = "12.3.0"


def carried() -> dict[str, str]:
    # Not by import: once a test has started Ansible's own loader, that answers instead.
    folder = metadata.distribution("ansible").locate_file("ansible_collections")
    found = {}
    for name in PINNED:
        manifest = Path(str(folder), *name.split("."), "MANIFEST.json")
        found[name] = re.search(r'"version": "([^"]+)"', manifest.read_text())[1]
    return found


def test_collections_are_pinned_to_what_the_locked_package_carries():
    if metadata.version("ansible") != FOR_PYTHON_3_11:
        pytest.skip("another Python has another ansible; collections are pinned for 3.11's")
    assert carried() == PINNED


def test_the_locked_package_for_python_3_11_is_the_one_that_is_compared_with():
    locked = (ROOT / "requirements" / "base.txt").read_text()
    assert f"ansible=={FOR_PYTHON_3_11} ; python_full_version < '3.12'" in locked


def test_every_collection_that_a_playbook_or_role_names_is_pinned():
    core = {"ansible.builtin", "ansible.legacy"}
    used = set()
    for folder in ("roles", "playbooks", "inventory"):
        for path in (ROOT / folder).rglob("*.yml"):
            used |= set(
                re.findall(
                    r"\b((?:ansible|community|chocolatey|awx)\.(?:\w+))\.\w+\s*:", path.read_text()
                )
            )
    assert used - core <= set(PINNED)
