"""What the tests of the firewall share: the host's names, and Ansible itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def address(host: Host) -> str:
    return str(host.ansible.get_variables()["ansible_host"])


@pytest.fixture
def name(host: Host) -> str:
    return str(host.ansible.get_variables()["inventory_hostname"])


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-i", f"{os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/inventory", *arguments],
        cwd=SCENARIO.parents[1], text=True, capture_output=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture
def play(name: str) -> Run:
    """Run a playbook of the scenario against this host alone."""
    return lambda book, *more: _run(
        "ansible-playbook", str(SCENARIO / f"{book}.yml"), "--limit", name, *more
    )


@pytest.fixture
def on_host(name: str) -> Run:
    """Run one module on this host, as root."""
    return lambda module, **arguments: _run(
        "ansible", name, "--become", "-m", module, "-a", json.dumps(arguments)
    )
