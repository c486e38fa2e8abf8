"""The STREAM kernel itself: compiled as its role does it, and run."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from vttbench.benchmarks.output import RawOutput
from vttbench.benchmarks.stream import parse

ROLE = Path(__file__).parents[2] / "roles" / "benchmark_stream"
SOURCE = ROLE / "files" / "stream.c"
FLAGS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())[
    "benchmark_stream_compiler_flags"
]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SMALL = ("--bytes", "65536", "--allow-small", "--passes", "11")


def compiler(*names):
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"none of {', '.join(names)} is installed")
    return found


def compiled(target, *more, cc=None):
    words = [cc or compiler("gcc", "cc"), *FLAGS, *STRICT, *more, str(SOURCE), "-o", str(target)]
    subprocess.run([*words, "-lm"], check=True, capture_output=True, text=True)
    return target


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("stream") / "stream", '-DSTREAM_FLAGS="as the role"')


def run(program, *words, **environment):
    return subprocess.run(
        [program, *words], env=os.environ | environment, capture_output=True, check=False
    )


@pytest.mark.parametrize("stores", ["nt", "plain"])
def test_its_output_is_what_the_parser_reads(stream, stores):
    done = run(stream, *SMALL, "--threads", "2", "--stores", stores, OMP_PROC_BIND="close")
    # Small arrays are done so fast that the clock's own rule would refuse them.
    text = re.sub(rb'"clock_resolution_s": [\d.]+', b'"clock_resolution_s": 1e-12', done.stdout)
    parsed = parse(RawOutput(text, done.stderr, done.returncode))
    assert len(parsed.readings) == 4
    assert parsed.comparable["stores"] == stores
    assert parsed.comparable["threads"] == 2
    assert parsed.comparable["proc_bind"] == "close"
    assert parsed.comparable["compiler_flags"] == "as the role"


def test_the_first_pass_is_printed_and_not_counted(stream):
    data = json.loads(run(stream, *SMALL).stdout)
    for kernel in data["kernels"].values():
        assert len(kernel["times_s"]) == data["passes"] == 11
        assert kernel["min_s"] == min(kernel["times_s"][1:])
        assert kernel["max_s"] == max(kernel["times_s"][1:])


def test_any_number_of_elements_over_any_number_of_threads_comes_out_right(stream):
    for size in ("4096", "4160", "65600", "1000000"):
        for threads in ("1", "3", "7"):
            done = run(stream, "--bytes", size, "--allow-small", "--threads", threads)
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("value", ["7.0", "NAN", "2.0000000001"])
def test_one_wrong_element_is_found(tmp_path, value):
    broken = compiled(tmp_path / "broken", f"-DSTREAM_TEST_CORRUPT={value}")
    done = run(broken, *SMALL)
    assert done.returncode == 1
    assert b"wrong result" in done.stderr
    assert json.loads(done.stdout)["verified"] is False


def test_the_copy_kernel_is_not_handed_to_the_c_library(stream):
    # memcpy picks its own kind of store, and then nobody knows what was measured.
    program = stream.read_bytes()
    assert b"\0memcpy\0" not in program
    assert b"\0memmove\0" not in program


def test_arrays_that_fit_into_a_cache_are_refused_unless_asked_for(stream):
    cache = int(run(stream, "--cache").stdout)
    if not cache:
        pytest.skip("this system does not tell the size of its last-level cache")
    done = run(stream, "--bytes", str(4 * cache - 4096))
    assert done.returncode == 2
    assert str(4 * cache).encode() in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize(
    "words",
    [
        ("--passes", "10"), ("--passes", "11x"), ("--passes",), ("--bytes", "-1"), ("--bytes", ""),
        ("--threads", "0"), ("--stores", "fast"), ("--stores",), ("--frobnicate",),
        ("--bytes", "9" * 30),
    ],
)  # fmt: skip
def test_what_it_does_not_understand_is_refused(stream, words):
    done = run(stream, *words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith((b"stream: ", b"usage: "))


def test_the_version_in_the_role_is_the_version_of_the_program(stream):
    version = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["benchmark_stream_version"]
    assert run(stream, "--version").stdout.startswith(f"vttbench-stream {version} (".encode())


def test_it_compiles_for_windows(tmp_path):
    cc = compiler("x86_64-w64-mingw32-gcc-posix", "x86_64-w64-mingw32-gcc")
    program = compiled(tmp_path / "stream.exe", "-static", cc=cc)
    assert program.read_bytes().startswith(b"MZ")
