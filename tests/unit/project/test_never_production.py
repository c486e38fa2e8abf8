"""Nothing that runs by itself may ever reach for the team's machines."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CALLS_ANSIBLE = re.compile(r"^(?!\s*#).*\bansible(-playbook|-inventory|-lint)?\b", re.MULTILINE)
SAFE = re.compile(
    r"^\s*(export )?ANSIBLE_INVENTORY\s*(:=|=)\s*inventory/(local|lab)\s*$", re.MULTILINE
)
# A program of Ansible or Molecule as a word of a command that Python starts.
STARTS_ANSIBLE = re.compile(r"""["'/](ansible(-playbook|-inventory|-console)?|molecule)["']""")
NAMES_AN_INVENTORY = re.compile(r'ANSIBLE_INVENTORY|MOLECULE_INVENTORY_FILE|"-i", ')
SAFE_FOR_A_SCENARIO = re.compile(r"^\$\{MOLECULE_PROJECT_DIRECTORY\}/inventory/(lab|local)$")
BASE_CONFIG = ROOT / ".config/molecule/config.yml"
SCENARIOS = sorted(ROOT.glob("molecule/*/molecule.yml"))
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
    rooms = ("scripts", "benchmarks", "molecule", "inventory/lab", "tests/integration", "tests/lab")
    for path in tracked_files("Makefile", ".ci", ".config", *rooms):
        assert "192.168." not in path.read_text(errors="replace"), path


def scenario_environment(scenario: Path) -> dict[str, str]:
    """What Ansible is told in a scenario: Molecule merges its own file over the shared one."""
    environment: dict[str, str] = {}
    for path in (BASE_CONFIG, scenario):
        content = yaml.safe_load(path.read_text()) or {}
        environment |= (content.get("provisioner") or {}).get("env") or {}
        environment |= (content.get("ansible") or {}).get("env") or {}
    return environment


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.parent.name)
def test_a_scenario_of_molecule_has_an_inventory_that_is_not_production(scenario):
    inventory = scenario_environment(scenario).get("ANSIBLE_INVENTORY", "")
    assert SAFE_FOR_A_SCENARIO.match(inventory), (
        f"{scenario}: ANSIBLE_INVENTORY is {inventory!r}; without it ansible.cfg names the fleet"
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.parent.name)
def test_a_scenario_of_molecule_names_hosts_of_the_lab_alone(scenario):
    lab = yaml.safe_load((ROOT / "tests/lab/hosts.yml").read_text())["hosts"]
    inventory = yaml.safe_load(scenario.read_text())["provisioner"]["inventory"]
    named = inventory["hosts"]["all"]["hosts"]
    assert named, "a scenario without a host tests nothing"
    assert {name: host["ansible_host"] for name, host in named.items()} == {
        name: lab[name]["address"] for name in named
    }


def test_every_host_of_the_lab_has_an_address_of_the_lab():
    content = yaml.safe_load((ROOT / "tests/lab/hosts.yml").read_text())
    assert {host["address"].rpartition(".")[0] for host in content["hosts"].values()} == {"10.77.0"}


def test_the_inventory_of_the_lab_names_hosts_of_the_lab_alone():
    lab = yaml.safe_load((ROOT / "tests/lab/hosts.yml").read_text())["hosts"]
    lab |= yaml.safe_load((ROOT / "tests/emulated_windows/hosts.yml").read_text())
    text = (ROOT / "inventory/lab/hosts.yml").read_text()
    named = re.findall(r"^ +(\S+):\n +ansible_host: (\S+)$", text, re.MULTILINE)
    assert {"ms01", "framework-desktop"} <= {name for name, _ in named}
    assert named == [(name, lab[name]["address"]) for name, _ in named]


def test_every_emulated_host_has_an_address_of_loopback():
    hosts = yaml.safe_load((ROOT / "tests/emulated_windows/hosts.yml").read_text())
    assert {host["address"].split(".")[0] for host in hosts.values()} == {"127"}


def test_tests_that_start_ansible_say_with_which_inventory():
    starts = [
        path
        for path in tracked_files("tests", "molecule")
        if path.suffix == ".py"
        and "subprocess" in (text := path.read_text())
        and STARTS_ANSIBLE.search(text)
    ]
    assert ROOT / "tests/lab/test_scenarios.py" in starts
    for path in starts:
        assert NAMES_AN_INVENTORY.search(path.read_text()), (
            f"{path} starts Ansible and trusts the caller's environment"
        )
