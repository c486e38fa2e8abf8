"""What playbooks/configure-clients.yml promises to users of a client, and to the controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from testinfra.host import Host

from vttbench.result import Benchmark, Metric, Provenance, Result, Status, comparability_of
from vttbench.result import Host as MeasuredHost
from vttbench.store.results import ResultStore

ROOT = Path(__file__).parents[3]
URI = "https://10.77.0.173:5000"
CA = "/usr/local/share/ca-certificates/vttbench-ca.crt"
VIEWER, SHIPPER = "viewer%of=the;clients#1", "shipper%of=the;clients#1"
CREDENTIALS = "/home/vtt/.mlflow/credentials"
LOGINS = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "logins.ini")


def playbook(name: str, host: Host, *options: str) -> subprocess.CompletedProcess[str]:
    limit = host.ansible.get_variables()["inventory_hostname"]
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            str(ROOT / "playbooks" / name),
            *("-l", limit, *options),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_INVENTORY": str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent),
            "VTTBENCH_LOGINS": str(LOGINS),
        },
        text=True,
        capture_output=True,
        check=False,
    )


def session(host: Host, user: str) -> dict[str, str]:
    """Return the environment of a new session of a user."""
    with host.sudo():
        lines = host.check_output(f"su -l {user} -c env").splitlines()
    return dict(line.partition("=")[::2] for line in lines)


@pytest.mark.parametrize("user", ["vtt", "root", "newcomer"])
def test_every_user_is_told_where_mlflow_is(host: Host, user: str) -> None:
    with host.sudo():
        host.run("id newcomer || useradd --create-home newcomer")
    found = session(host, user)
    assert found["MLFLOW_TRACKING_URI"] == URI
    assert found["MLFLOW_TRACKING_SERVER_CERT_PATH"] == CA


def test_services_of_users_are_told_too(host: Host) -> None:
    lines = host.file("/etc/environment.d/60-vttbench-mlflow.conf").content_string.splitlines()
    assert f"MLFLOW_TRACKING_URI={URI}" in lines


def test_credentials_are_for_their_user_alone_and_may_only_read(host: Host) -> None:
    with host.sudo():
        file = host.file(CREDENTIALS)
        assert (file.user, file.mode) == ("vtt", 0o600)
        assert "mlflow_tracking_username = viewer" in file.content_string
        assert SHIPPER not in file.content_string
        everywhere = host.run(
            "grep -rlF -e %s -e %s /etc /home /root --include='*' 2>/dev/null", VIEWER, SHIPPER
        )
    assert everywhere.stdout.splitlines() in ([], [CREDENTIALS])


def test_mlflows_own_client_works_in_a_users_session(host: Host) -> None:
    if not host.file("/opt/vttbench/mlflow").exists:
        pytest.skip("MLflow's client is installed on the other host only")
    script = "import mlflow; print([one.name for one in mlflow.search_experiments()])"
    with host.sudo():
        done = host.run(
            "su -l vtt -c %s",
            f"$(ls -d /opt/vttbench/mlflow/*-py*/bin/python) -c '{script}'",
        )
    assert "Default" in done.stdout, done.stderr


def test_a_client_can_be_validated(host: Host) -> None:
    done = playbook("validate-clients.yml", host)
    assert done.returncode == 0, done.stdout
    assert f"vtt is viewer at {URI}" in done.stdout
    assert "changed=0" in done.stdout


def test_validation_says_what_is_wrong(host: Host) -> None:
    with host.sudo():
        host.check_output(f"sed -i.good s/viewer%%of/wrong/ {CREDENTIALS}")
        try:
            done = playbook("validate-clients.yml", host)
        finally:
            host.check_output(f"mv {CREDENTIALS}.good {CREDENTIALS}")
    assert done.returncode != 0
    assert f"{URI} does not accept viewer (401)" in done.stdout


def test_all_of_it_can_be_taken_back(host: Host) -> None:
    def state() -> tuple[str, bool, bool]:
        with host.sudo():
            return (
                host.file("/etc/environment").content_string,
                host.file("/etc/environment.d/60-vttbench-mlflow.conf").exists,
                host.file(CREDENTIALS).exists,
            )

    before = state()
    absent = ("-e", "linux_client_tracking_state=absent")
    try:
        done = playbook("configure-clients.yml", host, *absent)
        assert done.returncode == 0, done.stdout
        text, settings, credentials = state()
        assert "MLFLOW" not in text
        assert "MLflow" not in text
        assert not settings
        assert not credentials
        assert "changed=0" in playbook("configure-clients.yml", host, *absent).stdout
    finally:
        done = playbook("configure-clients.yml", host)
    assert done.returncode == 0, done.stdout
    assert state() == before


def test_no_password_is_in_the_most_talkative_output(host: Host) -> None:
    done = playbook("configure-clients.yml", host, "-vvv")
    assert done.returncode == 0, done.stdout[-3000:]
    for secret in (VIEWER, SHIPPER):
        assert secret not in done.stdout + done.stderr


def test_the_controller_ships_as_the_shipper_over_tls(tmp_path: Path) -> None:
    assert LOGINS.stat().st_mode & 0o777 == 0o600
    document = Result(
        suite_id="0193b1f0-0000-7000-8000-000000000000",
        session_id="0193b1f0-0000-7000-8000-000000000000",
        benchmark=Benchmark(name="molecule", version="1", tool="none", parameters={}),
        host=MeasuredHost(name="client", os_family="linux", cpu="c", memory_gb=1.0, os="os"),
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:01Z",
        status=Status.OK,
        metrics=[Metric(name="rate", unit="1/s", higher_is_better=True, samples=[1.0], value=1.0)],
        comparability=comparability_of({"benchmark": "molecule"}),
        provenance=Provenance(vttbench_version="0"),
    )
    (tmp_path / "ansible.cfg").touch()
    ResultStore(tmp_path / "results").write(document)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        [Path(sys.executable).with_name("vttbench"), "ship", "--all", "--to", URI, "--json"],
        cwd=tmp_path,
        env={**environ, "VTTBENCH_LOGINS": str(LOGINS)},
        text=True,
        capture_output=True,
        check=False,
    )
    (row,) = json.loads(done.stdout)
    assert (row["shipped"], row["left"], row["problem"]) == (1, 0, None), done.stderr
    assert SHIPPER not in done.stdout + done.stderr
