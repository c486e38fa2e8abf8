"""Services on hosts of their own: MLflow on one, its database and bucket on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Lab
from .deployment import Deployment

DATA, TRACKING = "split-data", "split-tracking"
PLACES = {"postgresql": DATA, "minio": DATA, "mlflow": TRACKING, "dashboard": DATA,
          "backup": TRACKING}  # fmt: skip
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(2400)]
Shell = Callable[[str, str], str]


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def deployment(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    done = lab("reset", DATA, TRACKING)
    assert done.returncode == 0, done.stderr
    yield Deployment(tmp_path, PLACES, ms01_tls=request.param)
    lab("down", DATA, TRACKING)


def test_mlflow_and_its_database_may_be_two_hosts(deployment: Deployment, shell: Shell) -> None:
    first = deployment.deploy()
    assert first.returncode == 0, first.output[-12_000:]
    assert first.output.count("│ ok") == 7, first.output[-6_000:]

    # Each host has its own services, and MinIO lets in the host of MLflow and nobody else.
    assert "no" in shell(TRACKING, "test -e /etc/postgresql && echo yes || echo no")
    assert "no" in shell(DATA, "test -e /etc/vttbench/mlflow && echo yes || echo no")
    assert shell(TRACKING, "systemctl start vttbench-backup && echo done").strip() == "done"

    second = deployment.deploy()
    assert second.returncode == 0, second.output[-12_000:]
    assert set(second.changed.values()) == {0}, second.output[-12_000:]
