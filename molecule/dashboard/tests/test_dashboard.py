"""The dashboard as a service: it shows what is there, comes back, and touches only its own."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import httpx
import pytest
from pypdf import PdfReader
from testinfra.host import Host

UNIT = "vttbench-dashboard.service"
STATE = "/var/lib/vttbench-dashboard"


@pytest.fixture
def url(host: Host) -> str:
    return f"http://{host.ansible.get_variables()['ansible_host']}:8050"


@pytest.fixture
def as_root(host: Host) -> Callable[[str], str]:
    def run(command: str) -> str:
        with host.sudo():
            return str(host.check_output(command))

    return run


def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.5)


def health(url: str) -> dict[str, object]:
    try:
        found: dict[str, object] = httpx.get(f"{url}/healthz", timeout=5).raise_for_status().json()
    except httpx.HTTPError:
        return {"status": "away"}
    return found


@pytest.fixture
def results(as_root: Callable[[str], str], url: str) -> int:
    """Results in the folder that is shown, made by the program that was installed."""
    program = (
        as_root(f"systemctl show {UNIT} -p Environment").partition("PYTHONPATH=")[2].split()[0]
    )
    python = as_root(f"systemctl show {UNIT} -p ExecStart --value").partition("path=")[2].split()[0]
    if as_root("ls /srv/results").strip() == "":
        # Into a new folder, which comes into place whole.
        as_root(
            f"env PYTHONPATH={program} {python} -m vttbench demo-data --results-dir /srv/made "
            "--sessions 3 && chmod -R a+rX /srv/made && cp -r /srv/made/* /srv/results/"
        )
    count = int(as_root("find /srv/results -mindepth 3 -name '*.json' | wc -l"))
    assert count > 100
    until(lambda: health(url).get("results") == count)
    return count


def test_it_runs_under_its_own_account_and_starts_with_the_machine(host: Host) -> None:
    service = host.service("vttbench-dashboard")
    assert service.is_running
    assert service.is_enabled
    assert {process.user for process in host.process.filter(comm="gunicorn")} <= {
        "vttbench-dashboard", "vttbenc+",
    }  # fmt: skip


def test_results_that_come_are_shown(url: str, results: int) -> None:
    assert health(url)["results"] == results
    page = httpx.get(url, timeout=30)
    assert page.status_code == 200
    assert "vttbench" in page.text


def test_a_page_is_saved_as_pdf_by_chromium_within_the_units_sandbox(
    url: str, results: int
) -> None:
    answer = httpx.get(f"{url}/export/page.pdf", params={"of": "/systems"}, timeout=120)
    assert answer.status_code == 200, answer.text
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages)
    assert "zbook-01" in text


def test_it_comes_back_after_a_crash_and_knows_what_it_knew(
    url: str, results: int, as_root: Callable[[str], str]
) -> None:
    before = as_root(f"systemctl show {UNIT} -p MainPID --value").strip()
    as_root(f"kill -9 {before}")
    until(
        lambda: (
            as_root(f"systemctl show {UNIT} -p MainPID --value").strip() not in ("0", before)
            and health(url).get("results") == results
        )
    )


def test_its_exposure_is_low(as_root: Callable[[str], str]) -> None:
    lines = as_root(f"systemd-analyze security --no-pager {UNIT}").splitlines()
    exposure = next(line for line in lines if "Overall exposure level" in line)
    assert float(exposure.split(":")[1].split()[0]) <= 3.0, "\n".join(lines)


def test_nobody_else_reads_what_it_keeps(as_root: Callable[[str], str]) -> None:
    assert as_root(f"stat -c '%U %a' {STATE}").split() == ["vttbench-dashboard", "750"]
    assert as_root("stat -c '%U %G %a' /etc/vttbench/dashboard/environment").split() == [
        "root", "vttbench-dashboard", "640",
    ]  # fmt: skip


def test_the_copy_may_be_thrown_away(url: str, results: int, as_root: Callable[[str], str]) -> None:
    as_root(f"systemctl stop {UNIT} && rm -r {STATE}/cache && systemctl start {UNIT}")
    until(lambda: health(url).get("results") == results)
