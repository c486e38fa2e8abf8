"""What AWX runs: the context of its image is complete, and of our versions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[3]
DEFINITION = REPOSITORY / "execution-environment.yml"


def test_the_context_of_the_image_can_be_made_and_holds_the_program(tmp_path):
    made = subprocess.run(
        [
            *(Path(sys.executable).with_name("ansible-builder"), "create"),
            *("--file", DEFINITION, "--context", tmp_path / "context"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    program = tmp_path / "context" / "_build" / "vttbench"
    assert (program / "src" / "vttbench" / "__init__.py").is_file()
    assert (program / "pyproject.toml").is_file()
    assert "--hash=" in (program / "base.txt").read_text()


def test_the_image_is_built_with_the_ansible_that_it_runs():
    wanted = yaml.safe_load(DEFINITION.read_text())["dependencies"]["ansible_core"]["package_pip"]
    locked = re.findall(
        r"^(ansible-core==\S+)", (REPOSITORY / "requirements/base.txt").read_text(), re.M
    )
    assert wanted in locked
