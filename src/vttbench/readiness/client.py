"""The rows of one client's table: everything that a benchmark will need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from vttbench.readiness.connection import trouble_of
from vttbench.result import Check

State = Literal["ok", "warn", "missing"]

# A clock that is wrong by more puts results into the wrong order.
CLOCK_S = 5.0
# 300 kB in more than so long is a line on which every task will crawl, or hang.
SLOW_S = 10.0


@dataclass(frozen=True)
class Row:
    """One thing that a benchmark needs.

    Attributes:
        what: name of it.
        state: ``missing`` where a benchmark can't be measured without it.
        found: what is there.
        do: what helps; empty where nothing is to be done.
    """

    what: str
    state: State
    found: str = ""
    do: str = ""


_UNITS = {
    "idle": "cores busy",
    "temperature": "°C",
    "memory": "GB free",
    "disk": "GB free",
    "load": "tasks",
    "swap": "pages",
    "gpu_users": "programs",
}
_YES_NO = {"sleep": "never", "lid": "does nothing", "pending_reboot": "no", "console_user": "yes"}


def of_connection(message: str, *, windows: bool) -> Row:
    """Return the row of a host that could not be reached."""
    words = re.sub(
        r"^(Task failed: )?((ntlm|basic|ssl|certificate): )?", "", " ".join(message.split())
    )
    trouble = trouble_of(words, windows=windows)
    if trouble is None:
        return Row("connection", "missing", words[:300], "docs/inventory.md")
    return Row("connection", "missing", f"{trouble.means} ({words[:160]})", trouble.do)


def of_line(seconds: float) -> Row:
    """Return the row of how long 300 kB took: a small MTU lets pings through and stops this."""
    found = f"300 kB in {seconds:.1f} s"
    if seconds < SLOW_S:
        return Row("line", "ok", found)
    return Row("line", "warn", found, "slow Wi-Fi, or a VPN that drops large packets: use a cable")


def of_clock(offset_s: float | None, *, windows: bool) -> Row:
    """Return the row of the host's clock beside the controller's."""
    if offset_s is None:
        return Row("clock", "warn", "not told")
    found = f"{offset_s:+.1f} s beside this controller"
    if abs(offset_s) <= CLOCK_S:
        return Row("clock", "ok", found)
    command = "w32tm /resync" if windows else "timedatectl set-ntp true"
    return Row("clock", "warn", found, f"{command} there, as administrator")


def of_checks(checks: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return a row for each question of the preflight."""
    rows = []
    for data in checks:
        check = Check.model_validate(data)
        if check.status == "absent":
            continue
        found, _, do = check.message.partition("; ")
        good = check.status == "ok"
        shown = _shown(check) if good else found
        # What stops a run of the standard profile is missing; the rest makes results doubtful.
        state: State = "ok" if good else "missing" if check.status == "fail" else "warn"
        rows.append(Row(check.name.replace("_", " "), state, shown, "" if good else do or found))
    return rows


def _shown(check: Check) -> str:
    if check.name in _YES_NO:
        return _YES_NO[check.name]
    value = f"{check.value:.3g}" if isinstance(check.value, float) else str(check.value)
    return f"{value} {_UNITS.get(check.name, '')}".strip()


def of_program(
    title: str, path: str, said: str, wanted: str, advice: str, *, can_install: bool
) -> Row:
    """Return the row of a tool.

    Args:
        title: as people call it.
        path: where it is; empty where it is not.
        said: what it said when it was asked for its version.
        wanted: what that must hold; empty for any version.
        advice: what brings it.
        can_install: whether a run of ``benchmark.yml`` installs it by itself.
    """
    words = next((line.strip() for line in said.splitlines() if line.strip()), "")[:60]
    if path and wanted in said:
        return Row(title, "ok", words or path)
    found = f"{path} says {words or 'nothing'}" if path else "not there"
    if can_install:
        return Row(
            title, "ok" if not path else "warn", found, f"benchmark.yml installs it: {advice}"
        )
    return Row(title, "missing", found, advice)


def of_tracking(found: str | None, wanted: str) -> Row:
    """Return the row of what sessions there know of MLflow; measuring does not need it."""
    if not wanted:
        return Row("MLflow's address", "ok", "no server in this inventory")
    if found == wanted:
        return Row("MLflow's address", "ok", wanted)
    state = f"sessions there are told {found or 'nothing'}"
    return Row(
        "MLflow's address", "warn", state, "playbooks/configure-clients.yml (for people only)"
    )


def table_of(host: str, rows: Sequence[Row], width: int) -> str:
    """Return one host's table as text, what needs doing first."""
    order = {"missing": 0, "warn": 1, "ok": 2}
    counted = {state: sum(row.state == state for row in rows) for state in order}
    verdict = (
        "can't be measured yet"
        if counted["missing"]
        else "can be measured"
        + (f", {counted['warn']} things could be better" if counted["warn"] else "")
    )
    table = Table(
        "what", "state", "found", "what to do", title=f"{host}: {verdict}", title_justify="left"
    )
    for row in sorted(rows, key=lambda row: order[row.state]):
        shown = row.state if row.state == "ok" else row.state.upper()
        table.add_row(row.what, shown, row.found, row.do)
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
