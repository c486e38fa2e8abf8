"""MLflow's artifacts are in whatever S3 server it was told of."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from minio import Minio
from mlflow import MlflowClient
from testinfra.host import Host

SETTINGS: dict[str, str] = yaml.safe_load(
    Path(__file__).parents[1].joinpath("vars.yml").read_text()
)
BUCKET = SETTINGS["s3_bucket"]
LARGE = 25 * 1024 * 1024


@pytest.fixture
def address(host: Host) -> str:
    found: str = host.ansible.get_variables()["ansible_host"]
    return found


@pytest.fixture
def s3(address: str) -> Minio:
    keys = (SETTINGS["s3_access_key"], SETTINGS["s3_secret_key"])
    return Minio(f"{address}:7070", *keys, secure=False)


@pytest.fixture
def mlflow(address: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "shipper")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SETTINGS["shipper_password"])
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    return MlflowClient(f"http://{address}:5000")


def test_there_is_no_minio_on_this_host(host: Host) -> None:
    assert not host.service("minio").exists
    assert host.run("pgrep -x minio").rc == 1
    assert "versitygw" in host.check_output("ps -eo comm")


def test_any_s3_client_writes_and_reads(s3: Minio) -> None:
    s3.put_object(BUCKET, "by-hand.txt", io.BytesIO(b"hello"), 5)
    assert s3.get_object(BUCKET, "by-hand.txt").read() == b"hello"


def test_an_artifact_goes_through_mlflow_into_that_server_and_back(
    mlflow: MlflowClient, s3: Minio, tmp_path: Path
) -> None:
    small, large = tmp_path / "result.json", tmp_path / "model.bin"
    small.write_text('{"score": 1}')
    large.write_bytes(bytes(range(256)) * (LARGE // 256))

    experiment = mlflow.get_experiment_by_name("swap")
    run = mlflow.create_run(
        experiment.experiment_id if experiment else mlflow.create_experiment("swap")
    )
    assert run.info.artifact_uri.startswith("mlflow-artifacts:")
    for file in (small, large):
        mlflow.log_artifact(run.info.run_id, str(file))

    stored = {
        Path(found.object_name or "").name: found.size
        for found in s3.list_objects(BUCKET, recursive=True)
        if run.info.run_id in (found.object_name or "")
    }
    assert stored == {"result.json": 12, "model.bin": LARGE}
    (tmp_path / "back").mkdir()
    for file in (small, large):
        back = mlflow.download_artifacts(run.info.run_id, file.name, str(tmp_path / "back"))
        assert Path(back).read_bytes() == file.read_bytes()
