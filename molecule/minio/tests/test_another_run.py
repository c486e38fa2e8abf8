"""What another run of the role does: with other secrets, and where something is in its way."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from conftest import BUCKET, Server
from minio.error import S3Error
from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(host: Host, tmp_path: Path) -> Iterator[Run]:
    """Run the scenario's playbook on this host, with every detail that Ansible can print."""

    def play(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        extra = tmp_path / "extra.yml"
        extra.write_text(yaml.safe_dump(variables))
        return subprocess.run(
            [
                *("ansible-playbook", "-vvv", "--diff", "--limit", host.backend.get_hostname()),
                *("--inventory", str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent)),
                *(str(SCENARIO / "converge.yml"), "--extra-vars", f"@{extra}", *words),
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    yield play
    with host.sudo():
        host.run("systemctl stop intruder.service")
    back = play()
    assert back.returncode == 0, back.stdout[-3000:]


def test_changed_secrets_replace_the_older_ones_keep_the_objects_and_are_never_printed(
    server: Server, secrets: dict[str, str], run: Run
) -> None:
    before = server.s3(secrets["mlflow_access_key"], secrets["mlflow_secret_key"])
    before.put_object(BUCKET, "survivor.txt", io.BytesIO(b"here"), 4)
    other = {name: f"rotated-{name}"[:20] for name in secrets}
    other |= {
        "root_password": "rotated-root-password",
        "guest_access_key": secrets["guest_access_key"],
    }

    done = run(**other)

    assert done.returncode == 0, done.stdout[-3000:]
    after = server.s3(other["mlflow_access_key"], other["mlflow_secret_key"])
    assert after.get_object(BUCKET, "survivor.txt").read() == b"here"
    assert server.s3(other["root_user"], other["root_password"]).bucket_exists("other")
    assert server.s3(other["guest_access_key"], other["guest_secret_key"]).bucket_exists("other")
    for old in ("mlflow_access_key", "mlflow_secret_key"), ("root_user", "root_password"):
        client = server.s3(*(secrets[name] for name in old))
        with pytest.raises(S3Error, match="InvalidAccessKeyId"):
            list(client.list_objects(BUCKET))
    guest = server.s3(secrets["guest_access_key"], secrets["guest_secret_key"])
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        list(guest.list_objects("other"))
    for name in secrets:
        assert secrets[name] not in done.stdout + done.stderr, name
        assert other[name] not in done.stdout + done.stderr, name


def test_a_run_that_was_cut_short_before_the_restart_is_made_good_by_the_next(
    host: Host, server: Server, secrets: dict[str, str], run: Run
) -> None:
    with host.sudo():
        host.check_output(
            "sed -i 's/^MINIO_CONSOLE_ADDRESS=.*/MINIO_CONSOLE_ADDRESS=\":9101\"/' "
            "/etc/vttbench/minio/minio.env && systemctl restart minio.service && sleep 1"
        )
        assert host.socket("tcp://9101").is_listening
        # As the role's template leaves it, but nobody restarted the service.
        host.check_output(
            "sed -i 's/^MINIO_CONSOLE_ADDRESS=.*/MINIO_CONSOLE_ADDRESS=\":9001\"/' "
            "/etc/vttbench/minio/minio.env"
        )
    done = run()
    assert done.returncode == 0, done.stdout[-3000:]
    with host.sudo():
        assert host.socket("tcp://9001").is_listening
        assert not host.socket("tcp://9101").is_listening


def test_a_port_that_somebody_else_has_is_named(host: Host, run: Run) -> None:
    with host.sudo():
        host.check_output("systemctl stop minio.service")
        host.check_output(
            "systemd-run --unit=intruder --property=Type=exec python3 -m http.server 9000"
        )
        host.check_output("timeout 10 sh -c 'until ss -lnt | grep -q :9000; do sleep 0.2; done'")
    done = run()
    assert done.returncode != 0
    assert "minio.service does not start on" in done.stdout
    assert "(ports 9000 and 9001," in done.stdout
    assert "Specified port is already in use" in done.stdout
