"""What the tests of the proxy share: the authority, and Ansible itself."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
HERE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
Play = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def authority() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(HERE / "ca" / "ca.crt"))


@pytest.fixture
def address(host: Host) -> str:
    return str(host.ansible.get_variables()["ansible_host"])


@pytest.fixture
def url(address: str) -> str:
    return f"https://{address}:5000"


@pytest.fixture
def client(authority: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(verify=authority, timeout=60)


@pytest.fixture
def play(host: Host) -> Play:
    """Run the scenario's converge against this host alone, with other variables."""
    name = str(host.ansible.get_variables()["inventory_hostname"])
    return lambda **variables: subprocess.run(
        ["ansible-playbook", "-i", str(HERE / "inventory"), str(SCENARIO / "converge.yml"),
         "--limit", name, "-e", json.dumps(variables)],
        cwd=SCENARIO.parents[1], text=True, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
