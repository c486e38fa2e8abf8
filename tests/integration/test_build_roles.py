"""The installation halves of ``benchmark_stream`` and ``benchmark_llama``, in real plays here."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NOT_THE_TOOL = """\
#!/bin/sh
case $1 in
--version) echo "version: 0.5.0-dev (build 4242, commit abcdef123)" ;;
--help) echo "  -lm, --load-mode <auto|none|mmap>"; echo "  -fa, --flash-attn <on|off>" ;;
esac
"""


@dataclass
class Played:
    facts: dict[str, Any]
    changed: int
    output: str


Install = Callable[..., Played]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return a function that installs a benchmark by its role and says which facts it left."""

    def run(role: str, *options: str, **variables: Any) -> Played:
        facts = tmp_path / "facts.json"
        facts.unlink(missing_ok=True)
        play = {
            "name": "Install",
            "hosts": "localhost",
            "gather_facts": True,
            "vars": {f"{role}_cache_dir": str(tmp_path / "cache")} | variables,
            "tasks": [
                {
                    "name": "Install",
                    "ansible.builtin.include_role": {"name": role, "tasks_from": "install.yml"},
                },
                {
                    "name": "Keep the facts",
                    "ansible.builtin.copy": {
                        "content": "{{ vars | dict2items | selectattr('key', 'match', '"
                        + role
                        + "_(path|bench_path|server_path|unavailable|build|effective_flags)$')"
                        + " | items2dict | to_json }}",
                        "dest": str(facts),
                    },
                    "check_mode": False,
                    "changed_when": False,
                },
            ],
        }
        path = tmp_path / "play.yml"
        path.write_text(yaml.safe_dump([play]))
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), str(path), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            env=os.environ
            | {
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_INVENTORY": str(ROOT / "inventory/local"),
                "ANSIBLE_CACHE_PLUGIN": "memory",
                "ANSIBLE_FORCE_COLOR": "0",
                "VTTBENCH_MLFLOW_ENABLED": "false",
            },
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        changed = re.search(r"changed=(\d+)", output)
        assert changed, output
        return Played(json.loads(facts.read_text()), int(changed[1]), output)

    return run


@pytest.fixture
def with_compiler() -> None:
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")


@pytest.mark.usefixtures("with_compiler")
def test_stream_is_compiled_once_and_runs(install: Install) -> None:
    planned = install("benchmark_stream", "--check")
    program = Path(planned.facts["benchmark_stream_path"])
    assert not program.exists()

    first = install("benchmark_stream")
    assert first.facts == {
        "benchmark_stream_path": str(program),
        "benchmark_stream_unavailable": "",
    }
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert "-fopenmp" in said.stdout

    assert install("benchmark_stream").changed == 0
    assert install("benchmark_stream", "--check").changed == 0


@pytest.mark.usefixtures("with_compiler")
def test_other_flags_are_another_program(install: Install) -> None:
    flags = ["-std=c11", "-O1", "-fopenmp"]
    one = install("benchmark_stream").facts["benchmark_stream_path"]
    two = install("benchmark_stream", benchmark_stream_compiler_flags=flags).facts
    assert one != two["benchmark_stream_path"]


@pytest.mark.usefixtures("with_compiler")
def test_a_compilation_that_fails_is_a_reason_and_does_not_fail_the_play(install: Install) -> None:
    flags = ["-std=c11", "-fopenmp", "-fno-such-flag"]
    facts = install("benchmark_stream", benchmark_stream_compiler_flags=flags).facts
    assert "Compile the source" in facts["benchmark_stream_unavailable"]
    assert "-fno-such-flag" in facts["benchmark_stream_unavailable"]
    assert "\n" not in facts["benchmark_stream_unavailable"]


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program that answers --version and --help as llama-bench does, and does nothing else."""
    program = tmp_path / "llama-b4242" / "llama-bench"
    program.parent.mkdir()
    program.write_text(NOT_THE_TOOL)
    program.chmod(0o755)
    return program


def test_llama_bench_that_is_there_is_taken_by_its_path(install: Install, stand_in: Path) -> None:
    played = install(
        "benchmark_llama",
        benchmark_llama_install_method="path",
        benchmark_llama_bench=str(stand_in),
        benchmark_llama_expected_version="abcdef123",
        benchmark_llama_flags=["-fa", "1", "-mmp", "0"],
    )
    assert played.changed == 0
    assert played.facts["benchmark_llama_unavailable"] == ""
    assert played.facts["benchmark_llama_bench_path"] == str(stand_in)
    assert played.facts["benchmark_llama_effective_flags"] == ["-fa", "1", "-lm", "none"]


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"benchmark_llama_expected_version": "b9999"},
            "is not b9999; it says: version: 0.5.0-dev",
        ),
        ({"benchmark_llama_bench": "/nowhere/llama-bench"}, "/nowhere/llama-bench is not there"),
        ({"benchmark_llama_bench": "llama-bench"}, "has to be an absolute path"),
        ({"benchmark_llama_install_method": "release"}, "benchmark_llama_release_sha256"),
    ],
)
def test_what_can_not_be_used_is_a_reason_and_does_not_fail_the_play(
    install: Install, stand_in: Path, variables: dict[str, str], reason: str
) -> None:
    asked = {
        "benchmark_llama_install_method": "path",
        "benchmark_llama_bench": str(stand_in),
    } | variables
    said = install("benchmark_llama", **asked).facts["benchmark_llama_unavailable"]
    assert said.startswith("llama.cpp is not available on localhost: ")
    assert reason in said


@pytest.fixture
def release(tmp_path: Path, stand_in: Path) -> Iterator[dict[str, str]]:
    """An archive of a release on the loopback interface, and the variables that name it."""
    served = tmp_path / "served"
    served.mkdir()
    archive = served / "llama-b4242-bin-ubuntu-x64.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(stand_in.parent, arcname="build/bin")
    handler = partial(SimpleHTTPRequestHandler, directory=str(served))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {
        "benchmark_llama_install_method": "release",
        "benchmark_llama_release_url": f"http://127.0.0.1:{server.server_port}/{archive.name}",
        "benchmark_llama_release_sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_release_is_installed_once(install: Install, release: dict[str, str]) -> None:
    assert not Path(
        install("benchmark_llama", "--check", **release).facts["benchmark_llama_bench_path"]
    ).exists()
    first = install("benchmark_llama", **release)
    assert first.facts["benchmark_llama_unavailable"] == ""
    assert Path(first.facts["benchmark_llama_bench_path"]).read_text() == NOT_THE_TOOL
    again = install("benchmark_llama", **release)
    assert (again.changed, again.facts) == (0, first.facts)


def test_a_release_with_another_checksum_is_not_installed(
    install: Install, release: dict[str, str], tmp_path: Path
) -> None:
    release["benchmark_llama_release_sha256"] = "0" * 64
    facts = install("benchmark_llama", **release).facts
    assert "checksum" in facts["benchmark_llama_unavailable"]
    assert not list((tmp_path / "cache").rglob("llama-bench"))
