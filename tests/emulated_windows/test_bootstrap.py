"""What Ansible puts on the command line is known by hash, so that a change is never overlooked."""

from __future__ import annotations

import base64
from importlib.metadata import version

import pytest

from .ansible_payload import bootstrap, manifest
from .execution import Executor
from .wire.shells import Command


def _line(text: str) -> str:
    encoded = base64.b64encode(text.encode("utf-16-le")).decode()
    return f"PowerShell -NoProfile -NonInteractive -EncodedCommand {encoded}"


def test_the_bootstrap_of_the_installed_ansible_was_reviewed():
    from ansible.executor.powershell.module_manifest import _bootstrap_powershell_script
    from ansible.plugins.shell.powershell import ShellModule

    script, _ = _bootstrap_powershell_script(
        "powershell_mkdtemp.ps1", {"Directory": "", "Name": ""}
    )
    line = ShellModule()._encode_script(script, strict_mode=False, preserve_rc=False)
    text = bootstrap.decode(line)
    assert text.is_bootstrap, (
        f"ansible-core {version('ansible-core')} sends another bootstrap (SHA-256 {text.sha256}). "
        "Read bootstrap_wrapper.ps1 and exec_wrapper.ps1 in ansible/executor/powershell: if the "
        "manifest behind it still has the shape of ansible_payload/manifest.py, add the hash to "
        "ansible_payload/bootstrap.py"
    )


def test_a_changed_bootstrap_is_refused_with_its_hash(machine):
    text = "$code.script # changed\n'`0`0`0`0'"
    output = Executor(machine)(Command(_line(text)))
    assert output.returncode == 1
    assert b"bootstrap has changed (SHA-256" in output.stdout
    assert machine.journal.events("refused")


def test_a_manifest_of_another_shape_is_refused():
    with pytest.raises(manifest.ManifestError, match="not the manifest"):
        manifest.read(b'{"name": "exec_wrapper"}\n\0\0\0\0\n{"module_args": {}}')


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Remove-Item 'C:\\Temp\\a b' -Force -Recurse;", "C:\\Temp\\a b"),
        ("Remove-Item C:\\Temp\\a -Force -Recurse", "C:\\Temp\\a"),
        ("Remove-Item 'C:\\it''s' -Force;", "C:\\it's"),
    ],
    ids=["core 2.19", "core 2.21", "quote"],
)
def test_removal_of_a_temporary_folder_is_understood(text, path):
    assert bootstrap.decode(_line(text)).removed_path == path
