"""Nothing that runs by itself may ever reach for the team's machines."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CALLS_ANSIBLE = re.compile(r"^(?!\s*#).*\bansible(-playbook|-inventory|-lint)?\b", re.MULTILINE)
SAFE = re.compile(
    r"^\s*(export )?ANSIBLE_INVENTORY\s*(:=|=)\s*inventory/(local|lab)\s*$", re.MULTILINE
)
SCRIPTS = [
    path
    for path in sorted((ROOT / "scripts").glob("*.sh"))
    if CALLS_ANSIBLE.search(path.read_text())
]


def tracked_files(*patterns: str) -> list[Path]:
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in out.splitlines() if (ROOT / name).is_file()]


def test_make_exports_an_inventory_that_is_not_production():
    assert SAFE.search((ROOT / "Makefile").read_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_that_call_ansible_set_their_own_inventory(script):
    text = script.read_text()
    assert SAFE.search(text), f"{script.name} calls Ansible and trusts the caller's environment"
    assert re.search(r"^\s*export .*\bANSIBLE_INVENTORY\b", text, re.MULTILINE)


def test_there_is_a_script_to_look_at():
    assert {"benchmark.sh", "lint.sh"} <= {path.name for path in SCRIPTS}


def test_the_environment_of_the_tests_does_not_name_production():
    assert "production" not in os.environ.get("ANSIBLE_INVENTORY", "inventory/local")


def test_no_script_and_no_benchmark_names_an_address_of_the_fleet():
    for path in tracked_files("Makefile", "scripts", ".ci", "benchmarks", "tests/integration"):
        assert "192.168." not in path.read_text(errors="replace"), path
