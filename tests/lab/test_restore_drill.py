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
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Lab
from .deployment import GROUPS, Deployment, Play
from .hosts import declared

RUNS = 40
SERVER, COPIES = "drill", "nas"
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]


@pytest.fixture
def drill(
    lab: Lab,
    shell: Callable[[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Deployment]:
    for name in ("USERNAME", "PASSWORD"):  # whatever is set while the test runs ends with it
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", "")

    fresh = lab("reset", SERVER, COPIES)
    assert fresh.returncode == 0, fresh.stderr
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
        copies = declared().hosts[COPIES].address
        yield Deployment(
            tmp_path,
            dict.fromkeys(GROUPS, SERVER),
            user="vtt",
            backup_target=f"copies@{copies}:/",
            backup_target_private_key=key.read_text(),
            backup_target_known_hosts=f"{copies} {host_key}",
        )
    finally:
        lab("down", SERVER, COPIES)


def done(play: Play, expected: int = 0) -> str:
    assert play.returncode == expected, play.output[-12_000:]
    return play.output


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


def on_notes(shell: Callable[[str, str], str], what: str) -> str:
    """Do something with what people noted, as the dashboard itself would: its code, its user."""
    program = (
        "from pathlib import Path; from datetime import UTC, datetime;"
        "from vttbench.dashboard.notes import NoteStore;"
        f"notes = NoteStore(Path('/var/lib/vttbench-dashboard/notes.sqlite')); {what}"
    )
    unit = "/etc/systemd/system/vttbench-dashboard.service"
    return shell(
        SERVER,
        "cd /; runuser -u vttbench-dashboard -- env"
        f" $(sed -n 's/^Environment=\\(PYTHONPATH=[^ ]*\\).*/\\1/p' {unit})"
        f" $(sed -n 's/^ExecStart=\\([^ ]*\\).*/\\1/p' {unit}) -c \"{program}\"",
    ).strip()


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
    drill: Deployment,
    lab: Lab,
    shell: Callable[[str, str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    done(drill.deploy())
    fill(drill.client("shipper"))
    on_notes(shell, "notes.annotate('repasted', 'ada', datetime.now(UTC), host='zbook-01')")
    noted = on_notes(shell, "print(notes.annotations())")
    assert "repasted" in noted
    before = everything(drill.client("admin"))
    files = [name for run in before["runs"].values() for name in run["artifacts"]]
    assert len(before["runs"]) == RUNS
    assert len(files) == RUNS * 4 + 1

    done(drill.play("playbooks/backup.yml"))
    destroyed = lab("reset", SERVER)
    assert destroyed.returncode == 0, destroyed.stderr
    assert "No such file" in shell(SERVER, "ls /var/backups/vttbench /var/lib/postgresql")

    done(drill.deploy())
    restored = done(drill.play("playbooks/restore.yml", "-e", "restore_from_target=true"))
    after = everything(drill.client("admin"))
    with capsys.disabled():
        for name, content in (("before", before), ("after", after)):
            held = [item for run in content["runs"].values() for item in run["artifacts"]]
            print(
                f"\n{name}: {len(content['runs'])} runs, {len(held)} artifacts, {checksum(content)}"
            )
    assert after == before
    assert on_notes(shell, "print(notes.annotations())") == noted
    shell(SERVER, "systemctl is-active vttbench-dashboard")
    (objects,) = map(int, re.findall(r"^ +objects: (\d+)$", restored, re.MULTILINE))
    # Beside ours it holds what the deployment's own verification wrote.
    assert len(files) <= objects <= len(files) + 5
    assert drill.client("viewer").search_experiments()

    # People work on, and nobody takes that away from them by mistake.
    drill.client("shipper").create_run(before["experiments"][1][0])
    refused = done(drill.play("playbooks/restore.yml"), expected=2)
    assert "is in use" in refused
    assert "notes.sqlite" in refused
    assert "restore_overwrite=true" in refused
