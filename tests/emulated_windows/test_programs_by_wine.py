"""Real Windows executables: what win_command starts is no imitation."""

from __future__ import annotations

import time

import pytest

from . import programs
from .ansible_runs import task
from .executables.building import run as build
from .executables.sevenzip import SEVENZIP
from .executables.stream import STREAM
from .machine.state import Machine
from .programs import Program

pytestmark = pytest.mark.usefixtures("with_wine")


@pytest.fixture(scope="module")
def tools(laptop, with_wine):
    """7-Zip and our STREAM, on the laptop's drive."""
    drive = laptop.machine.drive
    for recipe in (SEVENZIP, STREAM):
        drive.write(drive.real(rf"C:\tools\{recipe.file}"), recipe.get().read_bytes())
    return laptop.machine


def test_seven_zip_measures_on_an_emulated_host(tools, ansible):
    run = ansible.play(
        [
            task("version", "ansible.windows.win_command", argv=[r"C:\tools\7za.exe", "i"]),
            task("bench", "ansible.windows.win_command",
                 argv=[r"C:\tools\7za.exe", "b", "1", "-md18", "-mmt1"], _async=120, _poll=1),
            task("bad", "ansible.windows.win_command",
                 argv=[r"C:\tools\7za.exe", "x", r"C:\no such.7z"], _ignore_errors=True),
        ]
    )  # fmt: skip
    assert "7-Zip (a) 21.07" in run.of("version")["stdout"], run.output
    assert "Tot:" in run.of("bench")["stdout"]
    assert "\r\n" in run.of("bench")["stdout"]
    assert run.of("bad")["rc"] == 2
    assert r"C:\no such.7z" in run.of("bad")["stderr"]


def test_words_with_blanks_and_quotes_arrive_whole(tools):
    done = programs.run(tools, Program(line=r'"C:\tools\7za.exe" l "C:\a b c.7z" "-x!d e"'))
    assert rb"C:\a b c.7z" in done.stderr
    assert done.returncode == 2


def test_a_program_that_is_not_there_is_named(tools, ansible):
    run = ansible.play(
        [task("run", "ansible.windows.win_command", cmd="nothing.exe /x", _ignore_errors=True)]
    )
    assert "The system cannot find the file specified" in run.of("run")["msg"]


def test_a_line_of_cmd_has_pipes_and_a_line_without_has_none(tools, ansible):
    run = ansible.play(
        [
            {
                "name": "cmd",
                "ansible.windows.win_shell": r"echo one two> C:\x.txt & type C:\x.txt",
                "args": {"executable": "cmd"},
            },
            task("none", "ansible.windows.win_command", _failed_when=False,
                 argv=[r"C:\tools\7za.exe", "i", ">", "y.txt"]),
        ]
    )  # fmt: skip
    assert run.of("cmd")["stdout"].strip() == "one two"
    assert not tools.drive.real("y.txt").exists()


def test_what_runs_is_in_the_process_table_with_the_time_it_used(tools):
    before = tools.processes.busy_s()
    programs.run(tools, Program(line=r"C:\tools\7za.exe b 1 -md18 -mmt1"))
    assert tools.processes.busy_s() > before + 0.2
    assert not tools.processes.programs()


def test_a_faster_clock_makes_programs_see_more_time(tmp_path):
    source = tmp_path / "clock.c"
    source.write_text(
        "#include <windows.h>\n#include <stdio.h>\nint main(void) { LARGE_INTEGER c, f;"
        "QueryPerformanceCounter(&c); QueryPerformanceFrequency(&f);"
        'printf("%.6f", (double)c.QuadPart / (double)f.QuadPart); return 0; }'
    )
    program = tmp_path / "clock.exe"
    build(["x86_64-w64-mingw32-gcc-posix", "-static", source, "-o", program], tmp_path)
    # Sixteen times: far beyond what a busy machine could add.
    machine = Machine("fast", tmp_path / "fast", clock=16.0)
    machine.drive.write(machine.drive.real(r"C:\clock.exe"), program.read_bytes())
    moments = []
    for _ in range(2):
        done = programs.run(machine, Program(line=r"C:\clock.exe"))
        moments.append((time.monotonic(), float(done.stdout)))
        time.sleep(2)
    (real_1, seen_1), (real_2, seen_2) = moments
    assert seen_2 - seen_1 > 8 * (real_2 - real_1), moments


@pytest.mark.thorough
def test_fio_and_llama_bench_run_too(tools):
    from .executables.fio import FIO
    from .executables.llama import LLAMA_BENCH

    for recipe, words, said in (
        (FIO, "--version", b"fio-3.33"),
        (LLAMA_BENCH, "--version", LLAMA_BENCH.version.removeprefix("b").encode()),
    ):
        tools.drive.write(tools.drive.real(rf"C:\tools\{recipe.file}"), recipe.get().read_bytes())
        done = programs.run(tools, Program(line=rf"C:\tools\{recipe.file} {words}"))
        assert said in done.stdout + done.stderr, done
