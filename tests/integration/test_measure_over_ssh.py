"""The action `measure` on a host over SSH: a real sshd on loopback, and a connection that drops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests import distribution

from vttbench.result import Status
from vttbench.store.results import ResultStore

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a sshd of one's own needs root here")


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Path]:
    """Start an sshd on loopback and return an inventory with it as its only host."""
    distribution.need_server({"sshd": "openssh-server"})
    sshd = distribution.find("sshd")
    assert sshd is not None
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\n"
        f"AuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\n"
        "Subsystem sftp internal-sftp\nPidFile none\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([sshd, "-D", "-f", str(tmp_path / "sshd_config")])
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(tmp_path / "user"),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        # Nothing of it outlives the test.
        "ansible_ssh_args": "-o ControlMaster=no -o ServerAliveInterval=5",
    }
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump({"clients": {"hosts": {"beyond-ssh": host}}}))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield path
    server.terminate()
    server.wait()


def start(folder: Path, inventory: Path, script: str) -> subprocess.Popen[str]:
    play = {
        "name": "Measure over SSH",
        "hosts": "beyond-ssh",
        "gather_facts": False,
        "vars": {
            "measure_contamination_thresholds": dict.fromkeys(
                ("foreign_cpu_cores", "steal_percent", "psi_memory_percent")
            ),
            "vttbench_suite": {
                "suite_id": "s",
                "root": str(folder),
                "results_dir": str(folder / "results"),
                "state_dir": str(folder / ".vttbench"),
                "limits": {"warmup": 0, "min_repeats": 2, "max_repeats": 2, "budget_s": 60},
            },
        },
        "tasks": [
            {
                "name": "Measure the demonstration",
                "measure": {
                    "benchmark": "demo",
                    "argv": ["sh", "-c", script],
                    "work_dir": str(folder / "work"),
                    "parser": {
                        "regex": r"value (?P<value>\S+)",
                        "metrics": [{"name": "speed", "unit": "1/s", "higher_is_better": True}],
                    },
                },
            }
        ],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(folder / "play.yml")],
        cwd=ROOT,
        env=os.environ
        | {
            "ANSIBLE_INVENTORY": str(inventory),
            "ANSIBLE_CACHE_PLUGIN": "memory",
            "VTTBENCH_MLFLOW_ENABLED": "false",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_bytes_come_back_over_ssh_as_the_tool_wrote_them(tmp_path: Path, inventory: Path) -> None:
    # A terminal in between would turn line ends and mix the outputs.
    play = start(tmp_path, inventory, r"printf 'value 5\nä\r\n\001'; echo aside >&2")
    output, _ = play.communicate(timeout=120)
    assert play.returncode == 0, output
    (stored,) = ResultStore(tmp_path / "results").results()
    assert stored.result.status is Status.OK
    raw = {Path(file.path).name: stored.path.parent / file.path for file in stored.result.files}
    assert raw["repeat-01.stdout"].read_bytes() == "value 5\nä\r\n\x01".encode()
    assert raw["repeat-01.stderr"].read_bytes() == b"aside\n"


def test_a_connection_that_drops_while_the_tool_works_loses_nothing(
    tmp_path: Path, inventory: Path
) -> None:
    count = tmp_path / "count"
    play = start(tmp_path, inventory, f"echo run >>{count}; sleep 4; echo value 5")
    deadline = time.monotonic() + 60
    while not count.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    sessions = subprocess.run(
        ["pgrep", "-f", "^sshd: root@notty"], capture_output=True, text=True, check=False
    ).stdout.split()
    ours = [int(pid) for pid in sessions if _belongs_to(int(pid), tmp_path)]
    assert ours
    for pid in ours:
        os.kill(pid, signal.SIGKILL)
    output, _ = play.communicate(timeout=180)
    assert play.returncode == 0, output
    (stored,) = ResultStore(tmp_path / "results").results()
    assert stored.result.status is Status.OK
    # The tool that was running went on; it was not started a second time.
    assert count.read_text().splitlines() == ["run", "run"]


def _belongs_to(pid: int, folder: Path) -> bool:
    """Tell whether a process is a child of the sshd of this test."""
    while pid > 1:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        if str(folder / "sshd_config").encode() in arguments:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False
