"""Three accounts, and what each may do, as MLflow's own client sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import requests
from conftest import Server
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from testinfra.host import Host

from vttbench.tracking.backend import Patience
from vttbench.tracking.errors import AccessError
from vttbench.tracking.rest import RestBackend

Login = Callable[..., MlflowClient]


def a_run(client: MlflowClient, experiment: str, folder: Path) -> str:
    """Make a run with a parameter, a metric and an artifact."""
    run_id: str = client.create_run(experiment).info.run_id
    client.log_param(run_id, "model", "qwen3")
    client.log_metric(run_id, "generation_tps", 42.5)
    artifact = folder / "result.json"
    artifact.write_bytes(b"\x00\xff result" * 1000)
    client.log_artifact(run_id, str(artifact), "raw")
    return run_id


def read(client: MlflowClient, run_id: str, folder: Path) -> tuple[str, float, bytes]:
    """Read everything of a run back."""
    run = client.get_run(run_id)
    folder.mkdir(exist_ok=True)
    path = client.download_artifacts(run_id, "raw/result.json", str(folder))
    return run.data.params["model"], run.data.metrics["generation_tps"], Path(path).read_bytes()


WRITTEN = ("qwen3", 42.5, b"\x00\xff result" * 1000)


@pytest.mark.parametrize("writer", ["admin", "shipper"])
@pytest.mark.parametrize("reader", ["admin", "shipper", "viewer"])
def test_what_one_account_writes_every_account_reads(
    login: Login, experiment: str, tmp_path: Path, writer: str, reader: str
) -> None:
    run_id = a_run(login(writer), experiment, tmp_path)
    assert read(login(reader), run_id, tmp_path / "back") == WRITTEN


def test_the_shipper_writes_into_experiments_of_others(
    login: Login, server: Server, tmp_path: Path
) -> None:
    theirs = login("admin").create_experiment(f"of the admin {tmp_path}")
    run_id = a_run(login("shipper"), theirs, tmp_path)
    assert read(login("shipper"), run_id, tmp_path / "back") == WRITTEN
    with pytest.raises(MlflowException, match="403"):
        login("shipper").delete_experiment(theirs)
    login("admin").delete_experiment(theirs)


@pytest.mark.parametrize(
    "write",
    [
        lambda client, experiment, run_id: client.create_experiment("the viewer's own"),
        lambda client, experiment, run_id: client.create_registered_model("the viewer's own"),
        lambda client, experiment, run_id: client.create_run(experiment),
        lambda client, experiment, run_id: client.log_param(run_id, "by", "viewer"),
        lambda client, experiment, run_id: client.log_metric(run_id, "by", 1.0),
        lambda client, experiment, run_id: client.set_tag(run_id, "by", "viewer"),
        lambda client, experiment, run_id: client.log_artifact(run_id, __file__),
        lambda client, experiment, run_id: client.set_terminated(run_id),
        lambda client, experiment, run_id: client.delete_run(run_id),
        lambda client, experiment, run_id: client.delete_experiment(experiment),
        lambda client, experiment, run_id: client.rename_experiment(experiment, "mine"),
    ],
    ids=[
        *("make an experiment", "make a model", "make a run", "log a parameter", "log a metric"),
        *("set a tag", "upload an artifact", "end a run", "delete a run", "delete an experiment"),
        "rename an experiment",
    ],
)
def test_the_viewer_can_not_write(
    login: Login, experiment: str, tmp_path: Path, write: Callable[..., object]
) -> None:
    run_id = a_run(login("shipper"), experiment, tmp_path)
    viewer = login("viewer")
    with pytest.raises((MlflowException, requests.HTTPError), match="403"):
        write(viewer, experiment, run_id)
    assert read(viewer, run_id, tmp_path / "back") == WRITTEN


def test_the_viewer_can_search(login: Login, experiment: str, tmp_path: Path) -> None:
    run_id = a_run(login("shipper"), experiment, tmp_path)
    viewer = login("viewer")
    assert [run.info.run_id for run in viewer.search_runs([experiment])] == [run_id]
    assert experiment in [one.experiment_id for one in viewer.search_experiments()]


@pytest.mark.parametrize("account", ["shipper", "viewer"])
def test_only_the_admin_makes_accounts(
    server: Server, secrets: dict[str, str], account: str
) -> None:
    body = {"username": "mallory", "password": "mallory-mallory"}
    asked = httpx.post(
        f"{server.uri}/api/2.0/mlflow/users/create",
        json=body,
        auth=(account, secrets[f"{account}_password"]),
    )
    assert asked.status_code == 403


@pytest.mark.parametrize(
    "credentials",
    [None, ("shipper", "wrong-password"), ("admin", "password1234"), ("nobody", "")],
    ids=["none", "a wrong password", "MLflow's old default", "an unknown name"],
)
def test_nobody_gets_in_with(server: Server, credentials: tuple[str, str] | None) -> None:
    answer = httpx.post(
        f"{server.uri}/api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        auth=credentials,
    )
    assert answer.status_code == 401
    assert "experiment_id" not in answer.text


def test_a_wrong_password_says_what_to_set(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "shipper")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong-password")
    backend = RestBackend(server.uri, Patience(), lambda: None)
    with pytest.raises(AccessError, match=r"401.*MLFLOW_TRACKING_PASSWORD") as caught:
        backend.experiment("any")
    assert "wrong-password" not in str(caught.value)


def test_artifacts_are_in_the_bucket_and_not_on_the_server(
    host: Host, login: Login, experiment: str, tmp_path: Path
) -> None:
    run_id = a_run(login("shipper"), experiment, tmp_path)
    with host.sudo():
        in_bucket = f"/var/lib/minio/mlflow-artifacts/{experiment}/{run_id}/artifacts/raw"
        assert host.file(in_bucket).is_directory
        assert host.check_output("find /var/lib/mlflow /tmp /var/tmp -name 'result.json*'") == ""
