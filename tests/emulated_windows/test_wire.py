"""The wire: Ansible's own connection plugin, over every transport that a Windows host offers."""

from __future__ import annotations

import pytest
import yaml

from . import faults
from .ansible_runs import Ansible, task
from .fleet import EmulatedHost

PING = task("ping", "ansible.windows.win_ping")


@pytest.mark.parametrize(
    ("https", "basic", "port"),
    [(True, False, 5986), (False, False, 5985), (True, True, 5986), (False, True, 5985)],
    ids=["https-ntlm", "http-ntlm-encrypted", "https-basic", "http-basic"],
)
def test_a_host_answers_over(a_fleet, https, basic, port):
    _, ansible = a_fleet(https=https, basic=basic, port=port)
    run = ansible.play([PING, task("facts", "ansible.builtin.setup")])
    assert run.of("ping")["ping"] == "pong", run.output
    assert run.of("facts")["ansible_facts"]["ansible_os_family"] == "Windows"


def test_plain_http_without_encryption_is_refused_as_on_windows(a_fleet):
    _, ansible = a_fleet(https=False, port=5985)
    content = yaml.safe_load(ansible.inventory.read_text())
    variables = content["all"]["children"]["clients"]["children"]["windows_clients"]["hosts"]
    variables["laptop-1"]["ansible_winrm_message_encryption"] = "never"
    ansible.write_inventory(content)
    assert ansible.play([PING]).of("ping")["unreachable"]


def test_a_wrong_password_is_rejected_as_on_windows(laptop: EmulatedHost, ansible: Ansible):
    run = ansible.play([PING], vars={"ansible_password": "wrong"})
    assert "the specified credentials were rejected by the server" in run.of("ping")["msg"]
    assert run.of("ping")["unreachable"]


def test_a_changed_password_locks_everybody_out_until_it_is_right_again(
    laptop: EmulatedHost, ansible: Ansible
):
    faults.strike(laptop, "credentials")
    assert "credentials were rejected" in ansible.play([PING]).of("ping")["msg"]
    faults.strike(laptop, "credentials", 0)
    assert ansible.play([PING]).of("ping")["ping"] == "pong"


def test_a_certificate_that_nobody_trusts_is_not_accepted(laptop: EmulatedHost, ansible: Ansible):
    faults.strike(laptop, "certificate")
    run = ansible.play([PING])
    assert "CERTIFICATE_VERIFY_FAILED" in run.of("ping")["msg"]
    assert run.of("ping")["unreachable"]
    faults.strike(laptop, "certificate", 0)
    assert ansible.play([PING]).returncode == 0


def test_a_quota_that_is_used_up_makes_ansible_open_another_shell(
    laptop: EmulatedHost, ansible: Ansible
):
    faults.strike(laptop, "quota", 1)
    assert ansible.play([PING]).of("ping")["ping"] == "pong"
    assert laptop.shells.refuse_commands == 0


def test_a_command_outlives_the_time_that_one_request_may_take(ansible: Ansible):
    run = ansible.play(
        [
            task(
                "wait",
                "ansible.windows.win_wait_for",
                path="C:\\never",
                timeout=4,
                _failed_when=False,
            )
        ],
        vars={"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 3},
    )
    assert "timeout while waiting for C:\\never" in run.of("wait")["msg"]
    assert run.of("wait")["elapsed"] >= 4


def test_other_protocols_of_remote_powershell_are_refused(ansible: Ansible):
    pytest.importorskip("pypsrp")
    run = ansible.play([PING], vars={"ansible_connection": "ansible.builtin.psrp"})
    assert run.of("ping")["unreachable"]
