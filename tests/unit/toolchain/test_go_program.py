"""Real builds of a small module, which a folder on this machine serves as a module proxy does."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from vttbench.toolchain.go_program import BuildError, build_program, choose
from vttbench.toolchain.pins import MINIO, GoProgramPin

MODULE = "example.com/a-tool"
VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
NEEDS_GO = pytest.mark.skipif(
    not shutil.which("go"), reason="no Go here, and fetching one is another test's matter"
)


def serve(proxy, version=VERSION, says="hello"):
    """Put a version of the module where a proxy would have it."""
    folder = proxy / MODULE / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "list").open("a") as versions:
        versions.write(f"{version}\n")
    definition = f"module {MODULE}\n\ngo 1.21\n"
    (folder / f"{version}.mod").write_text(definition)
    (folder / f"{version}.info").write_text(
        json.dumps({"Version": version, "Time": "2026-02-12T20:18:48Z"})
    )
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as packed:
        inside = f"{MODULE}@{version}"
        packed.writestr(f"{inside}/go.mod", definition)
        packed.writestr(
            f"{inside}/main.go",
            f'package main\n\nimport "fmt"\n\nfunc main() {{ fmt.Println("{says}") }}\n',
        )


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    folder = tmp_path / "proxy"
    serve(folder)
    monkeypatch.setenv("GOPROXY", folder.as_uri())
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    return folder


PIN = GoProgramPin("a-tool", MODULE, VERSION, "7aac2a2c5b7c", "", (1, 21))


@NEEDS_GO
def test_the_program_runs_and_its_origin_stands_beside_it(proxy, tmp_path):
    built = build_program(PIN, tmp_path / "cache")
    assert subprocess.check_output([built.path], text=True) == "hello\n"
    record = json.loads(Path(f"{built.path}.json").read_text())
    assert record["version"] == VERSION
    assert record["commit"] == "7aac2a2c5b7c"
    assert record["sha256"] == built.sha256
    assert built.path.startswith(str(tmp_path / "cache" / "a-tool" / "7aac2a2c5b7c"))


@NEEDS_GO
def test_it_is_built_once(proxy, tmp_path):
    first = build_program(PIN, tmp_path / "cache")
    shutil.rmtree(proxy)
    shutil.rmtree(tmp_path / "modules")
    assert build_program(PIN, tmp_path / "cache") == first


@NEEDS_GO
def test_a_program_that_was_changed_is_built_again(proxy, tmp_path):
    first = build_program(PIN, tmp_path / "cache")
    with Path(first.path).open("ab") as file:
        file.write(b"something else")
    again = build_program(PIN, tmp_path / "cache")
    assert again == first
    assert subprocess.check_output([again.path], text=True) == "hello\n"


@NEEDS_GO
def test_two_that_ask_at_once_get_the_same(proxy, tmp_path):
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: build_program(PIN, tmp_path / "cache"), range(2)))
    assert both[0] == both[1]
    assert not list((tmp_path / "cache").rglob(".build-*"))


@NEEDS_GO
def test_it_can_be_built_for_another_processor(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("GOBIN", str(tmp_path / "users-own"))
    built = build_program(PIN, tmp_path / "cache", "arm64")
    assert built.arch == "arm64"
    machine = Path(built.path).read_bytes()[18:20]
    assert int.from_bytes(machine, "little") == 183  # EM_AARCH64
    assert not (tmp_path / "users-own").exists()


@NEEDS_GO
def test_a_module_with_another_content_than_the_pinned_one_is_refused(proxy, tmp_path):
    pin = replace(PIN, module_sum="h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    with pytest.raises(BuildError, match="has the content h1:"):
        build_program(pin, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.json"))


@NEEDS_GO
def test_where_modules_can_not_be_reached_the_message_says_where_they_were_looked_for(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("GOPROXY", "https://ann:hunter2@127.0.0.1:9/modules")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    with pytest.raises(BuildError) as caught:
        build_program(PIN, tmp_path / "cache")
    for part in (MODULE, VERSION, "GOPROXY=https://127.0.0.1:9/modules", "connection refused"):
        assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_another_commit_is_named_by_its_pseudo_version():
    other = choose(MINIO, "v0.0.0-20250101000000-0123456789ab")
    assert (other.version, other.commit) == (
        "v0.0.0-20250101000000-0123456789ab",
        "0123456789ab",
    )
    assert other.module_sum == ""


@pytest.mark.parametrize("wanted", ["", MINIO.commit, MINIO.version])
def test_the_pinned_one_keeps_its_hash_however_it_is_named(wanted):
    assert choose(MINIO, wanted) is MINIO


def toolchain(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "vttbench", "toolchain", *words],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["minio", "versitygw"])
def test_the_command_says_what_is_pinned_without_building(name, tmp_path):
    done = toolchain(name, "--pin", "--json", "--cache", str(tmp_path / "cache"))
    assert json.loads(done.stdout)["package"].endswith(name)
    assert not (tmp_path / "cache").exists()


@NEEDS_GO
def test_the_command_fails_in_one_line_that_says_what_to_do(tmp_path):
    done = toolchain(
        *("minio", "--json", "--cache", str(tmp_path / "cache")),
        GOPROXY="off",
        GOMODCACHE=str(tmp_path / "modules"),
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "GOPROXY=off" in done.stderr
