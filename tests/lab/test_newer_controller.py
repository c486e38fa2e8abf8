"""Debian 13 as the machine that Ansible runs on: Python 3.13 and the newest ansible-core."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from .conftest import ROOT, Lab
from .places import KEY

NAME, ADDRESS = "controller-13", "10.77.0.50"
PLAYBOOKS = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.yml"), *ROOT.glob("playbooks/*.yml"))
    if path.name != "execution-environment.yml"
)
SSH = (
    "ssh", "-i", KEY, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
    "-o", "LogLevel=ERROR", f"root@{ADDRESS}",
)  # fmt: skip


pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def controller(lab: Lab) -> Iterator[None]:
    """A fresh host with this checkout, set up the way README.md tells a person to."""
    started = lab("reset", NAME)
    assert started.returncode == 0, started.stderr
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    # A file that is deleted and not yet committed is listed, too.
    there = b"\0".join(
        name for name in files.split(b"\0") if name and (ROOT / name.decode()).exists()
    )
    packed = subprocess.run(
        ["tar", "--null", "--files-from=-", "--create", "--gzip"],
        cwd=ROOT, input=there, capture_output=True, check=True,
    ).stdout  # fmt: skip
    subprocess.run(
        [*SSH, "mkdir /srv/vttbench && tar --extract --gzip --directory /srv/vttbench"],
        input=packed, check=True,
    )  # fmt: skip
    # uv trusts certificate authorities of its own; a host's registries may need the host's.
    done = on_controller(
        "apt-get update -qq && apt-get install -y -qq --no-install-recommends make git "
        "&& SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt make setup"
    )
    assert done.returncode == 0, done.stdout[-3000:]
    yield
    lab("down", NAME)


def on_controller(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in the checkout there, with the environment activated."""
    # Never the production fleet.
    prelude = (
        "cd /srv/vttbench && export ANSIBLE_INVENTORY=inventory/local PATH=$PWD/.venv/bin:$PATH"
    )
    return subprocess.run(
        [*SSH, f"{prelude} && {line}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


@pytest.mark.usefixtures("controller")
def test_the_newest_ansible_core_is_what_is_installed_there() -> None:
    said = on_controller("python --version; ansible --version").stdout
    assert "Python 3.13" in said
    assert "core 2.21" in said


@pytest.mark.usefixtures("controller")
def test_every_playbook_is_understood_there() -> None:
    assert {"benchmark.yml", "deploy-ms01.yml"} <= set(PLAYBOOKS)
    for playbook in PLAYBOOKS:
        done = on_controller(f"ansible-playbook --syntax-check {playbook}")
        assert done.returncode == 0, done.stdout
        assert "DEPRECAT" not in done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("controller")
def test_a_benchmark_runs_there() -> None:
    done = on_controller("ansible-playbook benchmark.yml -e profile=quick --tags sevenzip")
    # 2 is a benchmark that failed, as it may on a busy machine; a result is written all the same.
    assert done.returncode in {0, 2}, done.stdout[-3000:]
    written = on_controller(
        "grep -r --include='*.json' --files-with-matches sevenzip results/linux"
    )
    assert written.returncode == 0, done.stdout[-3000:]
    assert "DEPRECAT" not in done.stdout
