"""Fleets of emulated hosts, each at loopback addresses that no other test uses."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import wine
from .ansible_runs import Ansible
from .fleet import Declared, EmulatedHost, Fleet
from .machine.state import Machine

# Two runs of the tests at a time must not meet.
_NETWORK = 90 + os.getpid() % 100
_numbers = itertools.count(256 * (os.getpid() // 100 % 200) + 2)


def an_address() -> str:
    """A loopback address of this run of the tests."""
    number = next(_numbers) % 65_536
    return f"127.{_NETWORK}.{number // 256}.{number % 256}"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """The state of a laptop, without a network."""
    return Machine("laptop", tmp_path / "laptop")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One laptop, for all tests of a file."""
    folder = tmp_path_factory.mktemp("emulated")
    with Fleet([Declared("laptop", an_address())], folder) as started:
        yield started


@pytest.fixture(scope="module")
def laptop(fleet: Fleet) -> EmulatedHost:
    """The laptop of :func:`fleet`."""
    return fleet["laptop"]


@pytest.fixture(scope="module")
def ansible(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Ansible against :func:`fleet`."""
    return Ansible(fleet, tmp_path_factory.mktemp("ansible"))


@pytest.fixture
def a_fleet(tmp_path: Path) -> Iterator[Callable[..., tuple[Fleet, Ansible]]]:
    """Make a fleet of one's own: options are those of a declared host."""
    started: list[Fleet] = []

    def make(count: int = 1, **options: Any) -> tuple[Fleet, Ansible]:
        folder = tmp_path / f"fleet-{len(started)}"
        hosts = [Declared(f"laptop-{i + 1}", an_address(), **options) for i in range(count)]
        fleet = Fleet(hosts, folder)
        fleet.start()
        started.append(fleet)
        return fleet, Ansible(fleet, folder)

    yield make
    for fleet in started:
        fleet.stop()


@pytest.fixture(scope="session")
def with_wine() -> None:
    """Windows programs can run here; Wine is installed where that is possible."""
    wine.install()
    if reason := wine.obstacle():
        pytest.skip(reason)
