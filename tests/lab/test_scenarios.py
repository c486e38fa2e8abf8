"""Each role keeps what its Molecule scenario promises, on fresh hosts of the lab."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT, Lab

SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
# The others take minutes each.
QUICK = {"linux_client"}
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+) ", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.thorough) for name in SCENARIOS],
)
def test_a_role_keeps_the_promises_of_its_scenario(lab: Lab, scenario: str) -> None:
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        # Never the production fleet.
        "ANSIBLE_INVENTORY": "inventory/lab",
        "COLUMNS": "400",
        "ANSIBLE_NOCOLOR": "true",
    }
    done = subprocess.run(
        [programs / "molecule", "--base-config", ".config/molecule/config.yml",
         "test", "--no-command-borders", "-s", scenario],
        cwd=ROOT, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = COLOURS.sub("", done.stdout)
    assert done.returncode == 0, output[-12_000:]
    assert dry_run_changes(output) == {}, f"a dry run on deployed hosts reports changes\n{output}"


def dry_run_changes(output: str) -> dict[str, int]:
    """Read how many changes the last dry run of a scenario announced, for hosts with any."""
    sections = re.split(r"➜ (\w+): Executing\s*$", output, flags=re.MULTILINE)
    steps = list(zip(sections[1::2], sections[2::2], strict=True))
    converged = [name for name, _ in steps].index("converge")
    after = [text for name, text in steps[converged:] if name == "check"]
    assert after, "the scenario makes no dry run of what it has deployed: see tests/lab/README.md"
    hosts = RECAP.findall(after[-1])
    assert hosts, after[-1]
    return {name: int(changes) for name, changes in hosts if int(changes)}
