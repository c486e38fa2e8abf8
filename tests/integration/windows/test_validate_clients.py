"""playbooks/validate-clients.yml on an emulated laptop: one table, and what to do about it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.emulated_windows.machine.power import Source

ROOT = Path(__file__).parents[3]


@pytest.fixture
def validate(ansible):
    """Run the playbook and return its exit status and what people see."""

    def run(**variables):
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "playbooks/validate-clients.yml",
                "-e",
                json.dumps(variables),
            ],
            cwd=ROOT,
            # Its ANSIBLE_INVENTORY names the emulated laptop and nothing else.
            env=ansible.environment()
            | {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "COLUMNS": "150"},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def row(output: str, what: str) -> str:
    return next(line for line in output.splitlines() if line.startswith(f"│ {what} "))


def test_a_laptop_that_can_be_measured_is_told_so_and_left_as_it_is(validate, laptop):
    before = laptop.machine.describe()
    status, output = validate(benchmark_llama_backend="vulkan")
    assert status == 0, output
    assert "laptop: can be measured" in output
    assert "300 kB in" in row(output, "line")
    assert " ok " in row(output, "clock")
    assert "benchmark.yml installs it" in row(output, "7-Zip")
    assert laptop.machine.describe() == before
    assert laptop.machine.journal.events("refused") == []


def test_what_keeps_from_measuring_stands_there_with_what_to_do(validate, laptop):
    laptop.machine.power.source = Source.BATTERY
    laptop.machine.pending_reboot = True
    try:
        status, output = validate()
    finally:
        laptop.machine.power.source = Source.MAINS
        laptop.machine.pending_reboot = False
    assert status != 0
    assert "laptop: can't be measured yet" in output
    assert "MISSING" in row(output, "mains")
    assert "plug it in" in row(output, "mains")
    assert "WARN" in row(output, "pending reboot")


@pytest.mark.thorough
def test_a_wrong_password_is_explained(validate):
    status, output = validate(ansible_password="wrong")
    assert status != 0
    assert "wrong user or password" in row(output, "connection")
