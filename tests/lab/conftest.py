"""The lab as fixtures: hosts that run, or the reason why there are none here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from . import network
from .guest import Guest
from .hosts import declared
from .obstacles import LabImpossibleError, require
from .places import KEY

ROOT = Path(__file__).parents[2]
Lab = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this room, so that ``-m "not lab"`` leaves it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab's command line, e.g. ``lab("up", "lab-12")``; skips where the lab cannot run."""
    try:
        require()
    except LabImpossibleError as reason:
        pytest.skip(f"the lab cannot run here: {reason}")
    yield command_line
    network.down_if_unused()


def command_line(*argv: str, under: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run ``python -m tests.lab``; ``under`` is a program to start it with, e.g. ``setpriv``."""
    return subprocess.run(
        [*under, sys.executable, "-m", "tests.lab", *argv],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def shell(lab: Lab) -> Callable[[str, str], str]:
    """Run a line of shell on a host as root, and return what it printed to both streams."""

    def run(name: str, line: str) -> str:
        host = declared().hosts[name]
        options = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
        done = subprocess.run(
            ["ssh", "-i", KEY, *options, "-o", "LogLevel=ERROR", f"root@{host.address}", line],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.stdout

    return run


@pytest.fixture(scope="session")
def lab_hosts(lab: Lab) -> Iterator[list[str]]:
    """The two hosts of the lab's own tests, fresh, and gone when the tests are over."""
    names = ["lab-12", "lab-13"]
    done = lab("reset", *names)
    assert done.returncode == 0, done.stderr
    yield names
    for host in declared().select(names):
        Guest(host).down()
