import sys

import pytest

from vttbench.toolchain.pip_settings import PipSettingsError, ask_pip


def test_pips_environment_is_honoured(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://ann:secret@mirror.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://second.example/simple")
    monkeypatch.setenv("PIP_CERT", "/etc/our-ca.pem")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "mirror.example")
    settings = ask_pip()
    assert settings.indexes == (
        "https://ann:secret@mirror.example/simple",
        "https://second.example/simple",
    )
    assert settings.cert == "/etc/our-ca.pem"
    assert settings.trusted_hosts == ("mirror.example",)


def test_pips_configuration_file_is_honoured(monkeypatch, tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert ask_pip().indexes[0] == "https://file.example/simple"


def test_no_index_means_none(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert ask_pip().indexes == ()


def test_an_interpreter_without_pip_is_named(tmp_path):
    bare = tmp_path / "python-without-pip"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(PipSettingsError, match="python-without-pip"):
        ask_pip(str(bare))
