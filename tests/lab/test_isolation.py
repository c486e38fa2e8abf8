"""Hosts of the lab reach package registries, each other and this machine, and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from . import registries
from .commands import attempt, run

# RFC 5737: addresses for documentation, which no network has. The one here is made below.
OUTSIDE = "198.51.100.2"
NAMESPACE = "vttbench-outside"
LINK = "vttbench-out"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()"
SERVE = """
import socket
server = socket.create_server(("", 8000))
print("ready")
while True:
    server.accept()[0].close()
"""
Shell = Callable[[str, str], str]


@pytest.fixture
def server_outside(lab_hosts: list[str]) -> Iterator[int]:
    """A server beyond this machine, as an office's would be: a network namespace with a route."""
    _remove_outside()
    run("ip", "netns", "add", NAMESPACE)
    run("ip", "link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE)
    run("ip", "address", "add", "198.51.100.1/24", "dev", LINK)
    run("ip", "link", "set", LINK, "up")
    inside = ("ip", "-n", NAMESPACE)
    run(*inside, "address", "add", f"{OUTSIDE}/24", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")
    run(*inside, "route", "add", "default", "via", "198.51.100.1")
    server = subprocess.Popen(
        ["ip", "netns", "exec", NAMESPACE, sys.executable, "-u", "-c", SERVE],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    yield 8000
    server.kill()
    server.wait()
    _remove_outside()


def test_traffic_to_anybody_else_is_dropped(
    server_outside: int, lab_hosts: list[str], shell: Shell
) -> None:
    here = attempt(sys.executable, "-c", CONNECT, OUTSIDE, str(server_outside))
    assert here.returncode == 0, f"the server is not even reached from here: {here.stdout}"
    before = _dropped()
    for name in lab_hosts:
        said = shell(name, f"python3 -c '{CONNECT}' {OUTSIDE} {server_outside}")
        assert "TimeoutError" in said
    assert _dropped() > before


def test_the_registries_that_this_machine_uses_are_reached(
    lab_hosts: list[str], shell: Shell
) -> None:
    for name in lab_hosts:
        said = shell(name, "apt-get -o APT::Update::Error-Mode=any update -qq && echo reached")
        assert said.strip().endswith("reached")


def test_pip_in_a_host_reaches_the_index(lab_hosts: list[str], shell: Shell) -> None:
    said = shell(
        "lab-12",
        "apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 "
        "&& python3 -m venv /tmp/venv && /tmp/venv/bin/pip install -q filelock && echo installed",
    )
    assert said.strip().endswith("installed")


def test_hosts_reach_each_other(lab_hosts: list[str], shell: Shell) -> None:
    assert shell("lab-12", f"python3 -c '{CONNECT}' 10.77.0.193 22").strip() == ""


def test_the_way_out_is_no_wider_than_the_registries(lab_hosts: list[str]) -> None:
    listed = json.loads(run("nft", "-j", "list", "set", "inet", "vttbench_lab", "way_out"))
    (let_out,) = [entry["set"]["elem"] for entry in listed["nftables"] if "set" in entry]
    known = {str(a) for found in registries.addresses().values() for a in found}
    assert set(let_out) <= known


def _dropped() -> int:
    """Count packets that the way out has dropped."""
    listed = json.loads(run("nft", "-j", "list", "chain", "inet", "vttbench_lab", "forward"))
    rules = [entry["rule"]["expr"] for entry in listed["nftables"] if "rule" in entry]
    counters = [part["counter"]["packets"] for rule in rules for part in rule if "counter" in part]
    return sum(counters)


def _remove_outside() -> None:
    attempt("ip", "link", "delete", LINK)
    attempt("ip", "netns", "delete", NAMESPACE)
