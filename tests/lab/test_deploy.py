"""`ansible-playbook deploy-ms01.yml` on an empty host, and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import Lab
from .deployment import GROUPS, Deployment

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(
    scope="module",
    params=["deploy-12", pytest.param("deploy-13", marks=pytest.mark.thorough)],
)
def deployment(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Deployment]:
    host = request.param
    done = lab("reset", host)
    assert done.returncode == 0, done.stderr
    # As people who may not log in as root.
    folder = tmp_path_factory.mktemp(host)
    yield Deployment(folder, dict.fromkeys(GROUPS, host), user="vtt")
    lab("down", host)


def test_an_empty_host_becomes_a_results_server_and_stays_as_it_is(deployment: Deployment) -> None:
    planned = deployment.deploy("--check")
    assert planned.returncode == 0, planned.output[-12_000:]

    first = deployment.deploy()
    assert first.returncode == 0, first.output[-12_000:]
    # MLflow, dashboard, PostgreSQL, MinIO, backup, and MinIO's two ports, closed to this machine.
    assert first.output.count("│ ok") == 7, first.output[-6_000:]

    second = deployment.deploy()
    assert second.returncode == 0, second.output[-12_000:]
    assert set(second.changed.values()) == {0}, second.output[-12_000:]

    dry = deployment.deploy("--check")
    assert dry.returncode == 0, dry.output[-12_000:]
    assert set(dry.changed.values()) == {0}, dry.output[-12_000:]


def test_verification_alone_changes_nothing_and_a_service_that_is_down_fails_it(
    deployment: Deployment, shell: object
) -> None:
    assert callable(shell)
    host = next(iter(deployment.deploy("--tags", "verify").changed))
    shell(host, "systemctl stop mlflow")
    broken = deployment.deploy("--tags", "verify")
    shell(host, "systemctl start mlflow")
    assert broken.returncode != 0
    assert "MLflow at http" in broken.output
    assert "no connection" in broken.output
    assert deployment.secret("mlflow_shipper_password") not in broken.output
