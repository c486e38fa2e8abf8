"""`ansible-doc` must be able to show everything that playbooks call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ACTIONS = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py"))


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_has_documentation_that_ansible_can_read(name):
    program = str(Path(sys.executable).with_name("ansible-doc"))
    done = subprocess.run(
        [program, "-t", "module", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_INVENTORY": "inventory/local"},
    )
    assert done.returncode == 0, done.stderr
    assert "OPTIONS" in done.stdout or "RETURN VALUES" in done.stdout


@pytest.mark.parametrize("name", ACTIONS)
def test_every_option_of_an_action_is_documented_and_the_other_way_round(name):
    source: dict[str, str] = {}
    exec((ROOT / "plugins" / "modules" / f"{name}.py").read_text(), source)
    documented = set(yaml.safe_load(source["DOCUMENTATION"]).get("options") or {})
    code = (ROOT / "plugins" / "action" / f"{name}.py").read_text()
    missing = {option for option in documented if f'"{option}"' not in code}
    assert not missing, f"{name}: documented, and unknown to the code: {missing}"
