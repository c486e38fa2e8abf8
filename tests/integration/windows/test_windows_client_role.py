"""The role windows_client on an emulated laptop: what is installed runs, what comes also goes."""

from __future__ import annotations

import pytest
from tests.emulated_windows.ansible_runs import task

PRODUCT = "{23170F69-40C1-2701-2602-000000000000}"
pytestmark = pytest.mark.usefixtures("with_wine")


def install(ansible, tool, *, title="Install"):
    """Run the entry point ``tool`` and return what it leaves behind."""
    keep = {
        "windows_client_tools": {"sevenzip": tool},
        "windows_client_tool": "sevenzip",
    }
    run = ansible.play(
        [
            {
                "name": title,
                "ansible.builtin.include_role": {"name": "windows_client", "tasks_from": "tool"},
                "vars": keep,
            },
            task(
                "Say",
                "ansible.builtin.debug",
                msg="{{ windows_client_program }}|{{ windows_client_unavailable }}",
            ),
        ]
    )
    program, _, reason = run.of("Say")["msg"].partition("|")
    return run, program, reason.strip()


@pytest.fixture(autouse=True)
def _bare(laptop):
    """Each test begins without the tool."""
    laptop.machine.settings.packages.clear()
    place = laptop.machine.drive.real(r"C:\Program Files\7-Zip\7z.exe")
    place.unlink(missing_ok=True)


def test_a_package_is_installed_once_and_its_program_runs(ansible, laptop, sevenzip):
    run, program, reason = install(ansible, sevenzip)
    assert (program, reason) == (r"C:\Program Files\7-Zip\7z.exe", "")
    assert run.stats["laptop"]["changed"] > 0
    run, program, reason = install(ansible, sevenzip)
    assert (program, reason) == (r"C:\Program Files\7-Zip\7z.exe", "")
    assert run.stats["laptop"]["changed"] == 0


def test_an_installer_that_reports_success_and_brings_nothing_is_found_out(ansible, shelf):
    _, program, reason = install(ansible, shelf.package("hollow", {"C:/Program Files/x.txt": b"x"}))
    assert program == ""
    assert "it is not there" in reason


@pytest.mark.thorough
def test_another_version_than_the_pinned_one_is_not_taken(ansible, sevenzip):
    _, program, reason = install(ansible, sevenzip | {"says": "26.02"})
    assert program == ""
    assert 'should say "26.02"' in reason
    assert "21.07" in reason


@pytest.mark.thorough
def test_another_content_under_the_same_name_is_not_installed(ansible, laptop, sevenzip):
    _, _, reason = install(ansible, sevenzip | {"sha256": "0" * 64})
    assert "checksum" in reason
    assert laptop.machine.settings.packages == {}


def test_a_checksum_that_nobody_knows_is_asked_for_by_name(ansible, laptop, sevenzip):
    _, _, reason = install(ansible, sevenzip | {"sha256": ""})
    assert "windows_client_tool_changes: {sevenzip: {sha256: ...}}" in reason
    assert sevenzip["url"] in reason
    assert laptop.machine.settings.packages == {}


def test_absent_takes_our_packages_and_no_others(ansible, laptop, sevenzip):
    install(ansible, sevenzip)
    laptop.machine.settings.packages["{of-the-user}"] = {"name": "his", "files": []}
    variables = {
        "windows_client_tools": {"sevenzip": sevenzip, "git": {"product_id": "{of-the-user}"}},
        "windows_client_state": "absent",
    }
    role = {
        "name": "Take back",
        "ansible.builtin.include_role": {"name": "windows_client"},
        "vars": variables,
    }
    assert ansible.play([role]).returncode == 0
    assert set(laptop.machine.settings.packages) == {"{of-the-user}"}
    assert not laptop.machine.drive.real(r"C:\ProgramData\vttbench").exists()
    assert PRODUCT not in laptop.machine.settings.packages


@pytest.mark.thorough
def test_clients_are_told_of_mlflow_and_forget_it_again(ansible, laptop):
    def tracking(state):
        role = {
            "name": "Tell",
            "ansible.builtin.include_role": {"name": "windows_client", "tasks_from": "tracking"},
            "vars": {
                "windows_client_tracking_uri": "http://10.77.0.30:5000",
                "windows_client_tracking_state": state,
            },
        }
        return ansible.play([role]).stats["laptop"]["changed"]

    variables = laptop.machine.settings.machine_environment
    assert tracking("present") == 1
    assert variables["MLFLOW_TRACKING_URI"] == "http://10.77.0.30:5000"
    assert tracking("present") == 0
    assert tracking("absent") == 1
    assert "MLFLOW_TRACKING_URI" not in variables


def test_nothing_was_refused(laptop):
    assert laptop.machine.journal.events("refused") == []
