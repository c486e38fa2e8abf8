"""What nobody wrote a function for is refused loudly, and never passes for a success."""

from __future__ import annotations

from contextlib import suppress

import pytest

from . import modules
from .ansible_payload.documentation import ArgumentsError, checked
from .ansible_runs import Ansible, task

REFUSED = "EMULATED HOST REFUSES"


def test_what_is_not_emulated_fails_by_name(laptop, ansible: Ansible, tmp_path):
    (tmp_path / "x.ps1").write_text("Get-Process")
    names = {
        "module": task("module", "ansible.windows.win_feature", name="Web-Server"),
        "shell": {"name": "shell", "ansible.windows.win_shell": "Get-Process"},
        "powershell": task("powershell", "ansible.windows.win_powershell", script="Get-Process"),
        "script": {"name": "script", "ansible.builtin.script": str(tmp_path / "x.ps1")},
        "raw": {"name": "raw", "ansible.builtin.raw": "Get-Process"},
        "exe": task(
            "exe", "ansible.windows.win_command", cmd="powershell.exe -Command Get-Process"
        ),
    }
    run = ansible.play([{**t, "ignore_errors": True} for t in names.values()])
    for name in names:
        result = run.of(name)
        assert result["failed"], name
        said = f"{result.get('msg')} {result.get('stdout')} {result.get('stderr')}"
        assert REFUSED in said, (name, result)
    assert len(laptop.machine.journal.events("refused")) == len(names)


def test_a_typo_in_an_option_fails_as_on_windows(ansible: Ansible):
    run = ansible.play(
        [
            task(
                "typo",
                "ansible.windows.win_file",
                path="C:\\x",
                sate="directory",
                _ignore_errors=True,
            ),
            task(
                "choice", "ansible.windows.win_file", path="C:\\x", state="dir", _ignore_errors=True
            ),
            task("missing", "ansible.windows.win_file", state="directory", _ignore_errors=True),
            task("type", "ansible.windows.win_wait_for", port="many", _ignore_errors=True),
        ]
    )
    assert "Unsupported parameters for (win_file) module: sate" in run.of("typo")["msg"]
    assert (
        "value of state must be one of: absent, directory, file, touch" in run.of("choice")["msg"]
    )
    assert run.of("missing")["msg"] == "missing required arguments: path"
    assert "unable to convert to int" in run.of("type")["msg"]


def test_aliases_and_defaults_are_those_of_the_documentation():
    arguments = checked("ansible.windows.win_stat", {"dest": "C:\\x"})
    assert arguments["path"] == "C:\\x"
    assert arguments["checksum_algorithm"] == "sha1"
    assert arguments["get_checksum"] is True


def test_options_inside_of_options_are_checked():
    with pytest.raises(ArgumentsError, match=r"actions\.pth"):
        checked(
            "community.windows.win_scheduled_task", {"name": "x", "actions": [{"pth": "C:\\x"}]}
        )


@pytest.mark.parametrize("name", modules.emulated())
def test_every_emulated_module_is_a_real_one(name):
    with suppress(ArgumentsError):  # what it says of required arguments it knows from the module
        checked(name, {})
