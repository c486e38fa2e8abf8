from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from vttbench.benchmarks.fio import parse
from vttbench.benchmarks.fio_jobs import JOBS, OUTPUT, TEST_FILE, arguments, layout_arguments
from vttbench.benchmarks.output import RawOutput


def test_there_are_five_standard_jobs():
    assert list(JOBS) == [
        "sequential-read",
        "sequential-write",
        "random-read",
        "random-write",
        "mixed-70-30",
    ]


@pytest.mark.parametrize("job", JOBS)
def test_every_job_asks_for_an_asynchronous_engine_past_the_page_cache(job):
    words = arguments(job, directory="/bench")
    assert "--ioengine=libaio" in words
    assert "--direct=1" in words
    assert f"--output={OUTPUT}" in words


def test_random_jobs_ask_for_4_kib_at_depth_32():
    words = arguments("random-read", directory="/bench")
    assert {"--rw=randread", "--bs=4k", "--iodepth=32", "--randrepeat=0"} <= set(words)
    assert "--rwmixread=70" in arguments("mixed-70-30", directory="/bench")


def test_the_colon_of_a_drive_is_no_border_between_directories_and_windows_gets_threads():
    words = arguments("random-read", directory="D:\\bench", ioengine="windowsaio")
    assert "--directory=D\\:\\bench" in words
    assert "--thread" in words


def test_all_jobs_work_on_the_file_that_was_filled_before():
    assert f"--filename={TEST_FILE}" in layout_arguments(directory="/bench")
    assert all(f"--filename={TEST_FILE}" in arguments(job, directory="/bench") for job in JOBS)


def test_a_job_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match=r"no fio job 'seq'; there are sequential-read, "):
        arguments("seq", directory="/bench")


@pytest.mark.skipif(shutil.which("fio") is None, reason="fio is not installed")
@pytest.mark.parametrize("job", JOBS)
def test_fio_itself_takes_the_arguments_and_the_parser_reads_what_it_wrote(job, tmp_path):
    place = {"directory": str(tmp_path), "size": "8M"}
    subprocess.run(layout_arguments(**place), check=True, capture_output=True)
    words = arguments(job, **place, runtime_s=1, ramp_s=0)
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    report = (tmp_path / OUTPUT).read_bytes()
    assert run.returncode == 0, run.stderr
    assert json.loads(report)["jobs"][0]["jobname"] == job
    parsed = parse(RawOutput(run.stdout, run.stderr, run.returncode, {OUTPUT: report}))
    assert any(reading.primary and reading.value > 0 for reading in parsed.readings)
