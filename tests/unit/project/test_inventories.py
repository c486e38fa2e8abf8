"""The inventories: complete, and without a secret."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PRODUCTION = ROOT / "inventory" / "production"
SECRET_NAME = re.compile(r"(password|secret|token|private_key|access_key)", re.IGNORECASE)


def inventory(name: str) -> dict:
    """Reads an inventory; nothing is contacted by that."""
    command = [
        str(Path(sys.executable).with_name("ansible-inventory")),
        "-i",
        f"inventory/{name}",
        "--list",
    ]
    out = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "ANSIBLE_INVENTORY": f"inventory/{name}"},
    ).stdout  # fmt: skip
    return json.loads(out)


@pytest.fixture(scope="module")
def production() -> dict:
    return inventory("production")


def members(data: dict, group: str) -> set[str]:
    entry = data.get(group, {})
    found = set(entry.get("hosts", []))
    for child in entry.get("children", []):
        found |= members(data, child)
    return found


def test_the_fleet_is_complete(production):
    zbooks = {f"zbook-{number:02d}" for number in range(1, 5)}
    assert members(production, "zbooks") == zbooks
    assert members(production, "windows_clients") == zbooks
    assert members(production, "linux_clients") == {"framework-desktop"}
    assert members(production, "clients") == zbooks | {"framework-desktop"}
    assert members(production, "servers") == {"ms01"}


def test_every_host_has_an_address_of_its_own(production):
    addresses = {
        name: host["ansible_host"] for name, host in production["_meta"]["hostvars"].items()
    }
    assert addresses["ms01"] == "192.168.7.30"
    assert len(addresses) == 6
    assert len(set(addresses.values())) == 6


def test_laptops_are_reached_by_winrm_over_https_with_ntlm(production):
    host = production["_meta"]["hostvars"]["zbook-03"]
    assert host["ansible_connection"] == "ansible.builtin.winrm"
    assert host["ansible_port"] == 5986
    assert host["ansible_winrm_scheme"] == "https"
    assert host["ansible_winrm_transport"] == "ntlm"
    assert host["ansible_winrm_read_timeout_sec"] > host["ansible_winrm_operation_timeout_sec"]


def test_strix_halo_machines_get_the_teams_flags(production):
    for name in ("zbook-01", "framework-desktop"):
        host = production["_meta"]["hostvars"][name]
        assert host["benchmark_llama_flags"] == ["-fa", "1", "-mmp", "0", "-ngl", "999"], name
    assert "benchmark_llama_flags" not in production["_meta"]["hostvars"]["ms01"]


def test_no_secret_stands_in_the_clear():
    for path in PRODUCTION.rglob("*.yml"):
        if path.read_text().startswith("$ANSIBLE_VAULT;"):
            continue
        for name, value in (yaml.safe_load(path.read_text()) or {}).items():
            if SECRET_NAME.search(str(name)):
                assert re.fullmatch(r"\{\{ vault_\w+ \}\}", str(value)), f"{path}: {name}"


def test_a_vault_file_is_encrypted_wherever_it_lies():
    for path in (ROOT / "inventory").rglob("vault.yml"):
        assert path.read_text().startswith("$ANSIBLE_VAULT;"), path


def test_the_example_names_every_secret_that_the_inventory_refers_to():
    used = {
        name
        for path in PRODUCTION.rglob("*.yml")
        if path.name != "vault.yml"
        for name in re.findall(r"\{\{ (vault_\w+) \}\}", path.read_text())
    }
    example = yaml.safe_load((ROOT / "inventory" / "vault.example.yml").read_text())
    assert used == set(example)


def test_ansible_does_not_read_the_example(production):
    assert "CHANGE-ME" not in json.dumps(production)


def test_every_variable_of_the_fleet_is_explained_in_the_line_above_it():
    for path in (PRODUCTION / "group_vars").rglob("*.yml"):
        lines = path.read_text().splitlines()
        if lines[0].startswith("$ANSIBLE_VAULT;"):
            continue
        for above, line in pairwise(lines):
            if re.match(r"^\w+:", line):
                assert above.startswith("#"), f"{path}: {line}"


def test_the_local_inventory_is_this_machine_alone():
    data = inventory("local")
    assert set(data["_meta"]["hostvars"]) == {"localhost"}
    assert data["_meta"]["hostvars"]["localhost"]["ansible_connection"] == "local"
    assert members(data, "clients") == {"localhost"}
