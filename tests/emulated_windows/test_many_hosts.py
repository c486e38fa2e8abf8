"""One process serves a fleet: hundreds of named hosts, told apart by their address."""

from __future__ import annotations

import threading

import pytest
from winrm.protocol import Protocol

from .fleet import PASSWORD, USER
from .modules import emulated


def test_thirty_hosts_answer_each_for_itself(a_fleet):
    fleet, ansible = a_fleet(30)
    from .ansible_runs import task

    run = ansible.play(
        [task("name", "ansible.windows.win_command", cmd="hostname")], strategy="free"
    )
    names = {host: results["name"]["stdout"].strip() for host, results in run.results.items()}
    assert names == {name: name.upper() for name in fleet.hosts}


def test_three_hundred_hosts_need_no_thread_each(a_fleet):
    before = threading.active_count()
    fleet, _ = a_fleet(300)
    assert threading.active_count() - before < 10
    last = fleet["laptop-300"].declared
    protocol = Protocol(
        f"https://{last.address}:5986/wsman",
        transport="ntlm",
        username=USER,
        password=PASSWORD,
        ca_trust_path=str(fleet.authority),
    )
    protocol.close_shell(protocol.open_shell())


@pytest.mark.parametrize("name", ["ansible.windows.win_ping", "ansible.windows.win_powershell"])
def test_the_list_of_what_is_emulated_is_complete(name):
    assert name in emulated()
