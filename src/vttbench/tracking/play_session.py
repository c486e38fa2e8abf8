"""What the callback does between the first benchmark of a play and its end.

Standard library only, but for the ids: it is imported inside Ansible.
"""

from __future__ import annotations

import getpass
import socket
import subprocess
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal

import uuid6

from vttbench.tracking import destination
from vttbench.tracking.child import ShipperProcess
from vttbench.tracking.spool import Play, Spool, utc_now

_AWX_ENVIRONMENT = {"JOB_ID": "job_id", "AWX_JOB_ID": "job_id", "PROJECT_REVISION": "revision"}
_AWX_VARIABLES = ("awx_", "tower_")


class PlaySession:
    """Ships the results of one run of ansible-playbook.

    Args:
        spool: the outbox.
        play: what is known of it.
        ship_when: see the callback's documentation.
        final_wait_s: the same.
        shipper: one that was started beforehand, for the same destination.
    """

    def __init__(
        self,
        spool: Spool,
        play: Play,
        ship_when: Literal["auto", "immediately", "end"],
        final_wait_s: float,
        shipper: ShipperProcess | None = None,
    ) -> None:
        self._spool = spool
        self._play = play
        self._at_the_end = ship_when == "end"
        self._auto = ship_when == "auto"
        self._final_wait_s = final_wait_s
        self._results: set[str] = set()
        self._shipper = shipper or ShipperProcess(spool, play.tracking_uri)
        self._shipper.play_id = play.play_id

    def saw_host(self, name: str, *, local: bool) -> None:
        """Note a host that is about to be measured.

        Args:
            name: in the inventory.
            local: whether it is the controller: then shipping would disturb its measurements.
        """
        if self._auto and local:
            self._at_the_end = True
        if name not in self._play.hosts:
            self._play.hosts.append(name)

    def saw_result(self, result_id: str, path: Path) -> None:
        """Note a result that was written, and have it shipped."""
        if result_id in self._results:
            return
        self._results.add(result_id)
        if not self._spool.holds(result_id):
            self._spool.intend(result_id, path, self._play.tracking_uri, self._play.experiment)
        if not self._at_the_end:
            self._shipper.ship()

    def finish(self, status: Literal["FINISHED", "FAILED"]) -> str:
        """Note the end, wait for the rest to be shipped, and return the line to be shown."""
        self._play.finished_at, self._play.status = utc_now(), status
        self._spool.save_play(self._play)
        problem = self._shipper.finish(self._final_wait_s)
        spooled = sum(self._spool.holds(result_id) for result_id in self._results)
        line = (
            f"MLflow: {len(self._results) - spooled} shipped, {spooled} spooled -> {self._where()}"
        )
        if problem or spooled:
            line += f" ({problem or 'Something is left.'} Later: vttbench ship)"
        return line

    def _where(self) -> str:
        uri = self._play.tracking_uri
        root = destination.embedded_root(uri)
        if root is None:
            return destination.display_uri(uri)
        return f"{destination.state_dir(root) / 'mlflow.db'}; look at it: make mlflow-ui"


def warm(
    *, playbook: Path, options: Mapping[str, Any], environ: Mapping[str, str]
) -> ShipperProcess:
    """Start what loads slowly while hosts are still prepared, so that nobody waits for it later.

    Args:
        playbook: the playbook's file.
        options: of the callback, as for :func:`begin`.
        environ: the environment.
    """
    root = destination.find_root(playbook.parent)
    uri = destination.resolve(options["tracking_uri"], environ, root)
    shipper = ShipperProcess(Spool(destination.spool_dir(root)), uri)
    shipper.warm()
    return shipper


def begin(
    *,
    playbook: Path,
    options: Mapping[str, Any],
    variables: Mapping[str, Any],
    environ: MutableMapping[str, str],
    shipper: ShipperProcess | None = None,
) -> PlaySession:
    """Begin to ship the results of a play, and tell its workers in the environment.

    Args:
        playbook: the playbook's file.
        options: ``tracking_uri``, ``experiment``, ``ship_when`` and ``final_wait`` of the callback.
        variables: of the first host that is measured.
        environ: the environment; changed.
        shipper: what :func:`warm` returned.
    """
    root = destination.find_root(playbook.parent)
    uri = destination.resolve(options["tracking_uri"], environ, root)
    play_id = str(uuid6.uuid7())
    environ["VTTBENCH_PLAY_ID"] = play_id
    environ["VTTBENCH_MLFLOW_TRACKING_URI"] = uri
    environ["VTTBENCH_MLFLOW_EXPERIMENT"] = options["experiment"]
    facts = variables.get("ansible_facts") or {}
    suite = facts.get("vttbench_suite") or variables.get("vttbench_suite") or {}
    version = variables.get("ansible_version") or {}
    play = Play(
        play_id=play_id,
        tracking_uri=uri,
        started_at=utc_now(),
        experiment=options["experiment"],
        playbook=playbook.name,
        user=_user(),
        controller=socket.gethostname(),
        hosts=[str(name) for name in variables.get("ansible_play_hosts_all") or ()],
        tags=[str(tag) for tag in variables.get("ansible_run_tags") or ()],
        profile=_text(suite.get("profile") or variables.get("profile")),
        sessions=_text(suite.get("sessions") or variables.get("sessions")),
        awx=_awx(variables, environ),
        git_commit=_commit(root),
        ansible_version=_text(version.get("full")),
    )
    spool = Spool(destination.spool_dir(root))
    spool.save_play(play)
    if shipper is not None and shipper.uri != uri:
        shipper.stop()
        shipper = None
    return PlaySession(spool, play, options["ship_when"], options["final_wait"], shipper)


def _awx(variables: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Return AWX's ids: it tells them as extra variables, and the most important as environment."""
    found = {
        name.partition("_")[2]: str(value)
        for prefix in reversed(_AWX_VARIABLES)  # awx_ is the newer name and wins
        for name, value in variables.items()
        if name.startswith(prefix) and isinstance(value, str | int)
    }
    for name, ours in _AWX_ENVIRONMENT.items():
        if environ.get(name):
            found.setdefault(ours, environ[name])
    return found


def _commit(root: Path) -> str | None:
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        reply = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return reply.stdout.strip() or None


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def _text(value: Any) -> str | None:  # noqa: ANN401  # an Ansible variable
    return None if value is None else str(value)
