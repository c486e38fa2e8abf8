"""What the callback costs a play: at its start, and at its end when nobody answers."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
_EMPTY = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.meta: noop\n"
_ONE = "- hosts: laptop\n  gather_facts: false\n  tasks:\n    - measure:\n"


def _seconds(folder: Path, playbook: str, *, callback: bool, uri: str | None = None) -> float:
    (folder / "play.yml").write_text(playbook)
    (folder / "inventory").write_text("laptop ansible_connection=ssh\n")
    (folder / "ansible.cfg").write_text(
        f"[defaults]\ncallback_plugins = {REPOSITORY / 'plugins/callback'}\n"
        f"action_plugins = {HERE / 'action_plugins'}\nlibrary = {REPOSITORY / 'plugins/modules'}\n"
        + ("callbacks_enabled = mlflow\n" if callback else "")
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "VTTBENCH_"))}
    environ |= {"PYTHONPATH": str(HERE), "ANSIBLE_LOCALHOST_WARNING": "false"}
    environ |= {"MLFLOW_TRACKING_URI": uri} if uri else {}
    program = Path(sys.executable).with_name("ansible-playbook")
    start = time.perf_counter()
    subprocess.run(
        [str(program), "-i", "inventory", "play.yml"],
        cwd=folder,
        env=environ,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return time.perf_counter() - start


def start_up(folder: Path, pairs: int) -> float:
    """Return the median of how many seconds later an empty play ends with the callback."""
    _seconds(folder, _EMPTY, callback=True)
    differences = []
    for index in range(pairs):
        order = (True, False) if index % 2 else (False, True)
        took = {callback: _seconds(folder, _EMPTY, callback=callback) for callback in order}
        differences.append(took[True] - took[False])
    return statistics.median(differences)


def dead_server(folder: Path, pairs: int) -> dict[str, float]:
    """Return how many seconds later a play ends, at most, when nobody takes its result."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        dead = {
            "refuses": f"http://127.0.0.1:{free_port()}",
            "swallows": f"http://127.0.0.1:{listener.getsockname()[1]}",
        }
        return {
            kind: max(
                _seconds(folder, _ONE, callback=True, uri=uri)
                - _seconds(folder, _ONE, callback=False)
                for _ in range(pairs)
            )
            for kind, uri in dead.items()
        }
