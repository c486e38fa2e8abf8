"""The lab keeps what its command line promises."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from .conftest import ROOT, Lab, command_line
from .guest import BootFailedError, Guest
from .hosts import Host, declared
from .places import CONTAINERS

WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
Shell = Callable[[str, str], str]


def test_every_host_runs_systemd_without_a_failed_unit(lab_hosts: list[str], shell: Shell) -> None:
    for name in lab_hosts:
        assert shell(name, "cat /proc/1/comm").strip() == "systemd"
        assert shell(name, "systemctl is-system-running").strip() == "running"
        assert shell(name, "hostname").strip() == name


def test_hosts_are_of_the_release_they_are_declared_with(
    lab_hosts: list[str], shell: Shell
) -> None:
    for name in lab_hosts:
        release = declared().hosts[name].release
        assert shell(name, ". /etc/os-release; echo $VERSION_CODENAME").strip() == release


def test_every_host_is_somebody_else(lab_hosts: list[str], shell: Shell) -> None:
    identities = {shell(name, "cat /etc/machine-id") for name in lab_hosts}
    assert len(identities) == len(lab_hosts)


def test_up_leaves_a_host_that_runs_as_it_is(lab: Lab, lab_hosts: list[str], shell: Shell) -> None:
    shell("lab-12", "touch /root/work")
    booted = shell("lab-12", "systemctl show -p UserspaceTimestamp")
    again = lab("up", "lab-12")
    assert again.returncode == 0, again.stderr
    assert "runs already" in again.stdout
    assert shell("lab-12", "ls /root/work").strip() == "/root/work"
    assert shell("lab-12", "systemctl show -p UserspaceTimestamp") == booted


def test_up_does_not_restart_a_host_with_a_failed_unit(
    lab: Lab, lab_hosts: list[str], shell: Shell
) -> None:
    booted = shell("lab-12", "systemctl show -p UserspaceTimestamp")
    shell("lab-12", "systemd-run --unit broken --wait false")
    assert "degraded" in lab("status", "lab-12").stdout
    assert lab("up", "lab-12").returncode == 0
    assert shell("lab-12", "systemctl show -p UserspaceTimestamp") == booted
    shell("lab-12", "systemctl reset-failed")


def test_a_host_that_was_switched_off_comes_back_with_what_it_had(
    lab: Lab, lab_hosts: list[str], shell: Shell
) -> None:
    shell("lab-12", "touch /root/kept; systemctl poweroff --no-block")
    _wait_for_state("lab-12", "stopped")
    assert "lab-12 10.77.0.192 started" in lab("up", "lab-12").stdout
    assert shell("lab-12", "ls /root/kept").strip() == "/root/kept"


def test_reset_makes_a_host_as_new(lab: Lab, lab_hosts: list[str], shell: Shell) -> None:
    shell("lab-12", "touch /root/work")
    before = shell("lab-12", "cat /etc/machine-id")
    assert lab("reset", "lab-12").returncode == 0
    assert "No such file" in shell("lab-12", "ls /root/work")
    assert shell("lab-12", "cat /etc/machine-id") != before


def test_processes_that_start_the_same_hosts_at_once_agree(lab: Lab, lab_hosts: list[str]) -> None:
    assert lab("down", *lab_hosts).returncode == 0
    argv = [sys.executable, "-m", "tests.lab", "up"]
    starts = [
        subprocess.Popen(
            [*argv, *order], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for order in (lab_hosts, lab_hosts[::-1], lab_hosts)
    ]
    output = [start.communicate() for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], output
    lines = "".join(out for out, _ in output)
    assert [lines.count(f" {word}\n") for word in ("started", "runs already")] == [2, 4]


def test_an_administrator_who_is_not_root_has_sudo(lab: Lab, lab_hosts: list[str]) -> None:
    for name in lab_hosts:
        assert lab("ssh", "--user", "vtt", name, "sudo", "id", "-un").stdout.strip() == "root"


def test_a_host_that_does_not_boot_leaves_nothing_behind(lab_hosts: list[str]) -> None:
    # The kernel takes no name of more than 64 characters, so this one cannot start.
    host = Host(name="x" * 65, address=IPv4Address("10.77.0.199"), release="bookworm")
    with pytest.raises(BootFailedError, match="does not start"):
        Guest(host).up({})
    assert not (CONTAINERS / host.name).exists()


def test_down_takes_away_what_it_is_told_and_nothing_else(lab: Lab, lab_hosts: list[str]) -> None:
    assert lab("down", "lab-13").returncode == 0
    assert "absent" in lab("status", "lab-13").stdout
    assert "running" in lab("status", "lab-12").stdout
    assert lab("up", "lab-13").returncode == 0


def test_a_name_that_is_no_host_is_answered_with_those_that_are() -> None:
    done = command_line("up", "zbook-01")
    assert done.returncode == 2
    assert "no such host: zbook-01" in done.stderr
    assert "framework-desktop" in done.stderr


def test_where_the_lab_cannot_run_it_says_why_with_a_status_of_its_own(lab: Lab) -> None:
    done = lab("up", "lab-12", under=WITHOUT_PRIVILEGE)
    assert done.returncode == 3
    assert done.stderr.strip() == (
        "The lab cannot run here: this process may not make namespaces "
        "(a container without privileges?)"
    )


def test_where_the_lab_cannot_run_its_tests_are_skipped_with_the_reason(lab: Lab) -> None:
    only = "tests/lab/test_lab.py::test_reset_makes_a_host_as_new"
    done = subprocess.run(
        [*WITHOUT_PRIVILEGE, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", only],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "the lab cannot run here: this process may not make namespaces" in done.stdout


def _wait_for_state(name: str, state: str) -> None:
    guest = Guest(declared().hosts[name])
    for _ in range(100):
        if guest.state == state:
            return
        subprocess.run(["sleep", "0.3"], check=True)
    raise AssertionError(f"{name} is {guest.state}, not {state}")
