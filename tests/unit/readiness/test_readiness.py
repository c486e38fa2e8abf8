"""What a client lacks, and what is said about it."""

from pathlib import Path

import pytest

from vttbench.readiness.client import (
    of_checks,
    of_clock,
    of_connection,
    of_line,
    of_program,
    of_tracking,
    table_of,
)
from vttbench.readiness.connection import LINUX, WINDOWS, trouble_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("trouble", WINDOWS, ids=lambda trouble: trouble.example)
def test_each_error_is_known_by_how_it_reads(trouble):
    assert trouble_of(trouble.example, windows=True) == trouble


@pytest.mark.parametrize("trouble", LINUX, ids=lambda trouble: trouble.example)
def test_each_error_of_ssh_is_known_by_how_it_reads(trouble):
    assert trouble_of(trouble.example, windows=False) == trouble


@pytest.mark.parametrize("trouble", WINDOWS, ids=lambda trouble: trouble.example)
def test_the_page_for_windows_says_the_same(trouble):
    page = (ROOT / "docs" / "windows.md").read_text()
    assert f"| `{trouble.example}` | {trouble.means} | {trouble.do} |" in page


def test_what_requests_says_of_a_closed_port_is_understood():
    message = (
        "Task failed: ntlm: HTTPSConnectionPool(host='x', port=5986): Max retries exceeded with "
        "url: /wsman (Caused by NewConnectionError('[Errno 111] Connection refused'))"
    )
    row = of_connection(message, windows=True)
    assert row.state == "missing"
    assert "Enable-BenchmarkHost" in row.do


def test_an_error_that_nobody_knows_is_shown_as_it_is():
    assert "strange words" in of_connection("strange words", windows=True).found


def test_a_line_that_crawls_is_found_before_a_benchmark_hangs_on_it():
    assert of_line(0.4).state == "ok"
    assert of_line(25.0).state == "warn"


def test_a_clock_that_is_wrong_is_said_with_its_direction():
    assert of_clock(0.5, windows=True).state == "ok"
    row = of_clock(-3600.0, windows=True)
    assert row.state == "warn"
    assert "-3600.0 s" in row.found
    assert "w32tm" in row.do


@pytest.mark.parametrize(
    ("path", "said", "can_install", "state"),
    [
        (r"C:\7z.exe", "7-Zip 26.02", True, "ok"),
        (r"C:\7z.exe", "7-Zip 9.20", True, "warn"),
        ("", "", True, "ok"),
        ("", "", False, "missing"),
    ],
)
def test_a_tool_is_there_or_will_come_or_is_missing(path, said, can_install, state):
    row = of_program("7-Zip", path, said, "26.02", "how", can_install=can_install)
    assert row.state == state


def test_mlflow_s_address_is_wanted_only_where_there_is_a_server():
    assert of_tracking(None, "").state == "ok"
    assert of_tracking(None, "http://x:5000").state == "warn"
    assert of_tracking("http://x:5000", "http://x:5000").state == "ok"


def test_what_is_missing_stands_first_and_gives_the_verdict():
    rows = [
        of_line(1.0),
        *of_checks(
            [{"name": "mains", "status": "fail", "message": "it runs on battery; plug it in"}]
        ),
        *of_checks([{"name": "load", "status": "absent"}]),
    ]
    lines = table_of("zbook-01", rows, 120).splitlines()
    assert "zbook-01: can't be measured yet" in lines[0]
    assert "mains" in lines[4]
    assert "plug it in" in lines[4]
    assert not any("load" in line for line in lines)
