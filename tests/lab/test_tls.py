"""TLS is one switch: on, off and on again, and nothing that was recorded is lost.

Everything is done through MLflow's own client, on a results server of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from .conftest import ROOT, Lab
from .hosts import declared
from .places import KEY

SERVER = "tls"
ARTIFACT = os.urandom(5 << 20)
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]
Shell = Callable[[str, str], str]


class Server:
    """A results server of its own, with an inventory and secrets apart from all others."""

    def __init__(self, folder: Path) -> None:
        self.address = str(declared().hosts[SERVER].address)
        self.secrets = folder / "secrets"
        self.authority = self.secrets / "ca" / "ca.crt"
        self.inventory = folder / "inventory.yml"
        variables = {
            "ansible_host": self.address,
            "ansible_user": "vtt",
            "ansible_ssh_private_key_file": str(KEY),
            "ansible_ssh_common_args": (
                "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
            ),
            "ms01_client_networks": ["10.77.0.0/26"],
            "ms01_secrets_dir": str(self.secrets),
        }
        groups = ("postgresql", "minio", "mlflow", "backup")
        servers = {"children": {name: {"hosts": {SERVER: {}}} for name in groups}}
        children = {"servers": servers, "clients": {"hosts": {}}}
        content = {"all": {"hosts": {SERVER: variables}, "children": children}}
        self.inventory.write_text(yaml.safe_dump(content))

    def deploy(self, *words: str) -> str:
        """Deploy, and return the line that counts what was changed."""
        programs = Path(sys.executable).parent
        done = subprocess.run(
            [programs / "ansible-playbook", "deploy-ms01.yml", *words],
            cwd=ROOT,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                # Never the production fleet.
                "ANSIBLE_INVENTORY": str(self.inventory),
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.inventory.parent / "facts"),
                "ANSIBLE_NOCOLOR": "true",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-12_000:]
        return re.findall(rf"^{SERVER}\s+: ok=.*$", done.stdout, re.MULTILINE)[-1]

    @property
    def login(self) -> tuple[str, str]:
        return "shipper", (self.secrets / "mlflow_shipper_password").read_text().split()[0]

    def client(self, scheme: str) -> Any:
        """Return MLflow's own client, as the account that ships results."""
        os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = self.login
        if self.authority.exists():
            os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"] = str(self.authority)
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=f"{scheme}://{self.address}:5000")


@pytest.fixture
def server(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("USERNAME", "PASSWORD", "SERVER_CERT_PATH"):
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", "")
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    done = lab("reset", SERVER)
    assert done.returncode == 0, done.stderr
    yield Server(tmp_path)
    os.environ.pop("MLFLOW_TRACKING_SERVER_CERT_PATH", None)
    lab("down", SERVER)


def record(client: Any, folder: Path) -> str:
    experiment = client.get_experiment_by_name("tls")
    identity = experiment.experiment_id if experiment else client.create_experiment("tls")
    run = client.create_run(identity)
    client.log_metric(run.info.run_id, "generation_tps", 42.5)
    (folder / "telemetry.bin").write_bytes(ARTIFACT)
    client.log_artifact(run.info.run_id, str(folder / "telemetry.bin"))
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def reads_back(client: Any, run: str, folder: Path) -> bool:
    path = Path(client.download_artifacts(run, "telemetry.bin", str(folder)))
    metric = client.get_run(run).data.metrics["generation_tps"]
    return bool(metric == 42.5) and path.read_bytes() == ARTIFACT


def test_tls_is_switched_on_off_and_on_again_and_every_run_can_be_read(
    server: Server, shell: Shell, tmp_path: Path
) -> None:
    server.deploy("-e", "ms01_tls=true")
    first = record(server.client("https"), tmp_path)
    assert reads_back(server.client("https"), first, tmp_path)
    encrypted_is_all_there_is(server, shell)
    assert "changed=0" in server.deploy("-e", "ms01_tls=true")
    assert "changed=0" in server.deploy("-e", "ms01_tls=true", "--check")

    server.deploy("-e", "ms01_tls=false")
    second = record(server.client("http"), tmp_path)
    for run in (first, second):
        assert reads_back(server.client("http"), run, tmp_path)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"https://{server.address}:5000/health")
    assert "inactive" in shell(SERVER, "systemctl is-active vttbench-proxy")
    assert "changed=0" in server.deploy()

    server.deploy("-e", "ms01_tls=true")
    for run in (first, second):
        assert reads_back(server.client("https"), run, tmp_path)


def encrypted_is_all_there_is(server: Server, shell: Shell) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://{server.address}:5000/health")
    plain = httpx.get(f"http://{server.address}:5000/health", auth=server.login)
    assert plain.status_code == 400
    assert "https://" in plain.text

    listening = shell(SERVER, "ss -Hltn")
    for port in (15000, 19000, 19001):
        assert f"127.0.0.1:{port} " in listening
        assert f"0.0.0.0:{port} " not in listening
        assert f"*:{port} " not in listening

    # What the page of MLflow in a browser does: a request that names where it comes from.
    browser = httpx.post(
        f"https://{server.address}:5000/ajax-api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        auth=server.login,
        headers={"Origin": f"https://{server.address}:5000"},
        verify=str(server.authority),
    )
    assert browser.status_code == 200, browser.text

    secure = shell(
        SERVER,
        f"apt-get -qq install -y --no-install-recommends postgresql-client >/dev/null 2>&1;"
        f" PGSSLMODE=verify-full PGSSLROOTCERT=/etc/vttbench/tls/ca.crt"
        f" psql 'host={server.address} user=reader dbname=mlflow' -w -c 'select 1' 2>&1",
    )
    assert "no password supplied" in secure, secure
