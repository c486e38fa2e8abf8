"""A runner on this very machine: real processes, nothing stands in for anything."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vttbench.benchmarks.output import OutputError, Parsed, RawOutput, Reading
from vttbench.measuring.journal import Journal
from vttbench.measuring.loop import Loop
from vttbench.measuring.posix import PosixRunner, Reply
from vttbench.measuring.spec import Spec, Surroundings
from vttbench.result import Host, Provenance
from vttbench.sampling.limits import Limits


def execute(script: str) -> Reply:
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    return Reply(done.returncode, done.stdout, done.stderr)


def parse_value(raw: RawOutput) -> Parsed:
    """Read the line ``value NUMBER``."""
    if raw.returncode:
        raise OutputError(raw.stderr.decode().strip() or "no reason given")
    found = re.search(rb"value (\S+)", raw.stdout)
    if found is None:
        raise OutputError(f"expected a line `value NUMBER`, got {raw.stdout[:80]!r}")
    return Parsed(readings=(Reading("speed", "1/s", True, float(found[1])),), tool_version="7")


@pytest.fixture
def make_runner(tmp_path: Path) -> Iterator[Callable[..., PosixRunner]]:
    made: list[PosixRunner] = []

    def make(**changes: object) -> PosixRunner:
        settings: dict[str, object] = {
            "execute": execute,
            "name": uuid.uuid4().hex,
            "work_dir": str(tmp_path / "work"),
            "thresholds": None,
            "python": sys.executable,
            "telemetry_interval_s": None,
            "lifetime_s": 60.0,
            "lease_s": 60.0,
            "cores": 2,
        }
        runner = PosixRunner(**(settings | changes))  # type: ignore[arg-type]
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def make_loop(tmp_path: Path, make_runner: Callable[..., PosixRunner]) -> Callable[..., Loop]:
    def make(
        script: str,
        *,
        limits: Limits | None = None,
        runner: PosixRunner | None = None,
        **changes: object,
    ) -> Loop:
        spec = Spec(
            **{
                "benchmark": "demo",
                "tool": "sh",
                "argv": ("sh", "-c", script),
                "parser": parse_value,
                "timeout_s": 20.0,
                "telemetry_interval_s": None,
            }
            | changes,  # type: ignore[arg-type]
        )
        surroundings = Surroundings(
            suite_id="suite",
            session_id="session",
            host=Host(name="testhost", os_family="linux", threads=2),
            provenance=Provenance(vttbench_version="0"),
        )
        quick = Limits(warmup=0, min_repeats=3, max_repeats=4, budget_s=30.0)
        result_id = uuid.uuid4().hex
        return Loop(
            result_id,
            spec,
            surroundings,
            limits or quick,
            runner or make_runner(),
            Journal(tmp_path / "state", result_id),
        )

    return make
