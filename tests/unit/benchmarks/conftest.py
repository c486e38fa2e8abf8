from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vttbench.benchmarks.output import RawOutput

RECORDED = Path(__file__).parents[2] / "recorded"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str, str], RawOutput]:
    """Read what a real run of a tool left behind: ``recorded("fio", "3.33-random-read")``."""

    def read(tool: str, run: str) -> RawOutput:
        folder = RECORDED / tool / run
        assert folder.is_dir(), f"no recording {folder}"
        parts = {
            path.name: path.read_bytes()
            for path in folder.iterdir()
            if path.name not in ("command", "README.md")
        }
        return RawOutput(
            stdout=parts.pop("stdout", b""),
            stderr=parts.pop("stderr", b""),
            returncode=int(parts.pop("returncode", b"0")),
            files=parts,
        )

    return read
