"""The restore drill: fill, back up, destroy, deploy anew, restore, read everything back.

Every run and artifact goes in and out through MLflow's own client. Nothing but the controller's
secrets and the copies on another host survive in between.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT, Lab
from .hosts import declared
from .places import KEY

RUNS = 40
SERVER, COPIES = "drill", "nas"
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]


class Drill:
    """The controller of the drill: its inventory and its secrets, apart from all others."""

    def __init__(self, folder: Path, known_hosts: str, private_key: str) -> None:
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        self.secrets = folder / "secrets"
        server = declared().hosts[SERVER]
        groups = ("postgresql", "minio", "mlflow", "backup")
        variables = {
            "ansible_host": str(server.address),
            "ansible_user": "vtt",
            "ansible_ssh_private_key_file": str(KEY),
            "ansible_ssh_common_args": (
                "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
                " -o ControlPath=none"
            ),
            "ms01_client_networks": ["10.77.0.0/26"],
            "ms01_secrets_dir": str(self.secrets),
            "backup_target": f"copies@{declared().hosts[COPIES].address}:/",
            "backup_target_private_key": private_key,
            "backup_target_known_hosts": known_hosts,
        }
        servers = {"children": {name: {"hosts": {SERVER: {}}} for name in groups}}
        content = {
            "all": {
                "hosts": {SERVER: variables},
                "children": {"servers": servers, "clients": {"hosts": {}}},
            }
        }
        self.inventory.write_text(yaml.safe_dump(content))
        self.url = f"http://{server.address}:5000"

    def play(self, *words: str, expected: int = 0) -> str:
        """Run a playbook and return its output."""
        programs = Path(sys.executable).parent
        done = subprocess.run(
            [programs / "ansible-playbook", *words],
            cwd=ROOT,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                # Never the production fleet.
                "ANSIBLE_INVENTORY": str(self.inventory),
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.folder / "facts"),
                "ANSIBLE_NOCOLOR": "true",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done.stdout[-12_000:]
        return done.stdout

    def client(self, account: str) -> Any:
        """Return MLflow's own client, logged in."""
        os.environ["MLFLOW_TRACKING_USERNAME"] = account
        os.environ["MLFLOW_TRACKING_PASSWORD"] = (
            (self.secrets / f"mlflow_{account}_password").read_text().split()[0]
        )
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.url)


@pytest.fixture
def drill(lab: Lab, shell: Callable[[str, str], str], tmp_path: Path) -> Iterator[Drill]:
    done = lab("reset", SERVER, COPIES)
    assert done.returncode == 0, done.stderr
    try:
        key = tmp_path / "copies"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        # As docs/backup.md has it: whoever has the key can add copies, and delete none.
        line = (
            f'command="rrsync -no-del /srv/copies",restrict {key.with_suffix(".pub").read_text()}'
        )
        shell(
            COPIES,
            "apt-get -qq update && apt-get -qq install -y --no-install-recommends rsync"
            " && useradd --create-home copies && install -d -o copies /srv/copies"
            " && install -d -o copies -m 700 ~copies/.ssh"
            f" && echo '{line.strip()}' > ~copies/.ssh/authorized_keys",
        )
        host_key = shell(COPIES, "cat /etc/ssh/ssh_host_ed25519_key.pub").strip()
        known = f"{declared().hosts[COPIES].address} {host_key}"
        yield Drill(tmp_path, known, key.read_text())
    finally:
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            os.environ.pop(name, None)
        lab("down", SERVER, COPIES)


def fill(client: Any) -> None:
    """Write runs as a team would have them after some weeks."""
    experiments = [client.create_experiment(name) for name in ("vtt-hw-benchmarks", "Übung (2)")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "raw").mkdir()
        for number in range(RUNS):
            run = client.create_run(
                experiments[number % 2], run_name=f"zbook-0{number % 4 + 1}-7zip-{number}"
            )
            run_id = run.info.run_id
            client.log_param(run_id, "model", f"llama-{number}")
            client.set_tag(run_id, "host", f"zbook-0{number % 4 + 1}")
            for step in range(5):
                client.log_metric(run_id, "generation_tps", number + step / 10, step=step)
            (folder / "result.json").write_text(json.dumps({"number": number, "name": "Zürich"}))
            (folder / "raw" / "output ä.txt").write_bytes(os.urandom(2000))
            (folder / "raw" / "log.gz").write_bytes(gzip.compress(os.urandom(100) * 50))
            (folder / "raw" / "empty").write_bytes(b"")
            client.log_artifacts(run_id, str(folder))
            client.set_terminated(run_id, "FAILED" if number % 7 == 0 else "FINISHED")
        # More than one part of an upload.
        (folder / "telemetry.bin").write_bytes(os.urandom(25 << 20))
        client.log_artifact(run_id, str(folder / "telemetry.bin"))
    client.delete_run(run_id=client.search_runs(experiments[:1])[3].info.run_id)
    client.create_registered_model("tuned", description="the team's own")


def everything(client: Any) -> dict[str, Any]:
    """Read all that MLflow has, artifacts by their checksum."""
    from mlflow.entities import ViewType

    found: dict[str, Any] = {
        "runs": {},
        "models": [m.name for m in client.search_registered_models()],
    }
    experiments = client.search_experiments(view_type=ViewType.ALL)
    found["experiments"] = sorted((one.experiment_id, one.name) for one in experiments)
    ids = [
        one.experiment_id for one in experiments if one.name in ("vtt-hw-benchmarks", "Übung (2)")
    ]
    for run in client.search_runs(ids, run_view_type=ViewType.ALL, max_results=1000):
        run_id = run.info.run_id
        with tempfile.TemporaryDirectory() as folder:
            client.download_artifacts(run_id, "", folder)
            files = {
                path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(Path(folder).rglob("*"))
                if path.is_file()
            }
        history = {
            name: [
                (one.step, one.value, one.timestamp)
                for one in client.get_metric_history(run_id, name)
            ]
            for name in sorted(run.data.metrics)
        }
        found["runs"][run_id] = {
            "info": dict(run.info),
            "params": run.data.params,
            "tags": run.data.tags,
            "metrics": history,
            "artifacts": files,
        }
    return found


def checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def test_a_destroyed_server_comes_back_with_every_run_and_artifact(
    drill: Drill, lab: Lab, shell: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    drill.play("deploy-ms01.yml")
    fill(drill.client("shipper"))
    before = everything(drill.client("admin"))
    files = [name for run in before["runs"].values() for name in run["artifacts"]]
    assert len(before["runs"]) == RUNS
    assert len(files) == RUNS * 4 + 1

    drill.play("playbooks/backup.yml")
    done = lab("reset", SERVER)
    assert done.returncode == 0, done.stderr
    assert "No such file" in shell(SERVER, "ls /var/backups/vttbench /var/lib/postgresql")

    drill.play("deploy-ms01.yml")
    restored = drill.play("playbooks/restore.yml", "-e", "restore_from_target=true")
    after = everything(drill.client("admin"))
    with capsys.disabled():
        for name, content in (("before", before), ("after", after)):
            held = [item for run in content["runs"].values() for item in run["artifacts"]]
            print(
                f"\n{name}: {len(content['runs'])} runs, {len(held)} artifacts, {checksum(content)}"
            )
    assert after == before
    (objects,) = map(int, re.findall(r"^ +objects: (\d+)$", restored, re.MULTILINE))
    # Beside ours it holds what the deployment's own verification wrote.
    assert len(files) <= objects <= len(files) + 5
    assert drill.client("viewer").search_experiments()

    # People work on, and nobody takes that away from them by mistake.
    drill.client("shipper").create_run(before["experiments"][1][0])
    refused = drill.play("playbooks/restore.yml", expected=2)
    assert "are in use" in refused
    assert "restore_overwrite=true" in refused
