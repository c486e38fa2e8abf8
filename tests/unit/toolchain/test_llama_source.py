import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

import pytest

from vttbench.toolchain.llama_source import SourceError, fetch_llama_source
from vttbench.toolchain.package_index import DownloadError
from vttbench.toolchain.pins import LLAMA, LlamaPin

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOP = "llama_cpp_python-9.9.9"


def distribution(commit=COMMIT, files=("vendor/llama.cpp/CMakeLists.txt",)):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        content = {f"{TOP}/.git/modules/vendor/llama.cpp/HEAD": f"{commit}\n".encode()}
        content |= {f"{TOP}/{name}": name.encode() for name in files}
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.uname = len(data), 0o755, 1001, "runner"
            tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo(f"{TOP}/vendor/llama.cpp/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return packed.getvalue()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return tmp_path / "sources"


def put(cache, data):
    """Place a distribution where it may be put by hand; return the pin that names it."""
    cache.mkdir(exist_ok=True)
    pin = LlamaPin("9.9.9", hashlib.sha256(data).hexdigest(), COMMIT, 4242)
    (cache / pin.distribution_file).write_bytes(data)
    return pin


def names(tarball):
    with tarfile.open(tarball) as tar:
        return [member.name for member in tar]


def test_only_what_the_build_reads_is_kept_below_one_folder(cache):
    files = ("vendor/llama.cpp/src/a.cpp", "vendor/llama.cpp/models/big.gguf", "llama_cpp/x.py")
    tarball = fetch_llama_source(cache, put(cache, distribution(files=files)))
    assert tarball.name == "llama.cpp-b4242.tar.gz"
    assert names(tarball) == ["llama.cpp-b4242/src/a.cpp"]


def test_neither_links_nor_paths_that_climb_out_nor_owners_come_along(cache):
    files = ("vendor/llama.cpp/../../../evil", "vendor/llama.cpp/ok")
    tarball = fetch_llama_source(cache, put(cache, distribution(files=files)))
    with tarfile.open(tarball) as tar:
        members = tar.getmembers()
    assert [(member.name, member.uid, member.uname) for member in members] == [
        ("llama.cpp-b4242/ok", 0, "")
    ]


def test_a_tree_of_another_commit_is_refused_and_leaves_no_tarball(cache):
    pin = put(cache, distribution(commit="f" * 40))
    with pytest.raises(SourceError, match="f" * 40):
        fetch_llama_source(cache, pin)
    assert not list(cache.rglob("llama.cpp-*.gz"))


def test_a_distribution_without_the_tree_is_refused(cache):
    with pytest.raises(SourceError, match="no vendor"):
        fetch_llama_source(cache, put(cache, distribution(files=("README.md",))))


def test_the_tarball_in_the_cache_is_enough(cache):
    pin = put(cache, distribution())
    first = fetch_llama_source(cache, pin)
    assert not (cache / pin.distribution_file).exists()
    assert fetch_llama_source(cache, pin) == first


def test_another_pin_never_finds_the_older_tarball(cache):
    first = fetch_llama_source(cache, put(cache, distribution()))
    second = fetch_llama_source(cache, put(cache, distribution(files=("vendor/llama.cpp/new",))))
    assert first != second
    assert names(second) == ["llama.cpp-b4242/new"]


def test_equal_distributions_give_equal_tarballs(tmp_path, cache):
    data = distribution()
    one = fetch_llama_source(cache, put(cache, data))
    two = fetch_llama_source(tmp_path / "other", put(tmp_path / "other", data))
    assert one.read_bytes() == two.read_bytes()


def test_what_can_not_be_had_is_said(cache):
    with pytest.raises(DownloadError, match=LLAMA.distribution_file):
        fetch_llama_source(cache)


def llama_source(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "vttbench", "toolchain", "llama-source", *words],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_says_what_is_pinned_without_fetching(cache):
    done = llama_source("--pin", "--json", "--cache", str(cache))
    assert json.loads(done.stdout) == {
        "version": "b11312",
        "build_number": 11312,
        "commit": "0c1e57098",
        "distribution": "llama-cpp-python 0.3.36",
    }
    assert not cache.exists()


def test_the_command_fails_in_one_line_that_says_what_to_do(cache):
    done = llama_source("--json", "--cache", str(cache))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(cache / LLAMA.distribution_file) in done.stderr
