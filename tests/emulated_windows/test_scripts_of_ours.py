"""Our PowerShell scripts: known by content, and looked at again when they change."""

from __future__ import annotations

import json

import pytest

from . import powershell
from .powershell import ROOT, Invocation


def test_every_script_that_is_emulated_was_reviewed_as_it_is():
    changed = [
        p for p, digest in powershell.hashes().items() if powershell.locked().get(p) != digest
    ]
    assert not changed, (
        f"{', '.join(changed)} changed: see whether what stands for it in "
        "tests/emulated_windows/handlers still tells the truth, then "
        "python -m tests.emulated_windows scripts --accept"
    )


@pytest.mark.parametrize("path", list(powershell.hashes()))
def test_a_script_is_known_by_its_text_and_not_by_a_similar_one(path):
    text = (ROOT / path).read_text()
    known = powershell.script_of(text.replace("\n", "\r\n"))
    assert known is not None
    assert known.name == path
    assert powershell.script_of(text + "\nRemove-Item C:\\") is None


def test_a_class_that_nobody_modelled_is_refused_by_name(machine):
    known = powershell.script_of((ROOT / "src/vttbench/hosts/windows/host.ps1").read_text())
    assert known is not None
    query = {"name": "x", "namespace": "root/cimv2", "class": "Win32_Fan", "properties": ["Name"]}
    request = json.dumps({"cim": [query]})
    with pytest.raises(Exception, match="Win32_Fan"):
        known.run(machine, Invocation("", {"Request": request}))
