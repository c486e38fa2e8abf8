"""The parent run of a run of ansible-playbook, of which its results are children.

There is one parent a play. Two who ship results of one play at the same time may both begin one;
then the smallest run id stays, children of the other are moved, and the other is removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from vttbench.result import Result
from vttbench.tracking import layout
from vttbench.tracking.backend import Backend, Run
from vttbench.tracking.errors import UnavailableError
from vttbench.tracking.spool import Play

KIND = "vttbench.kind"
RECORDED = "vttbench.recorded"
PARENT = "mlflow.parentRunId"


class Parents:
    """The parent runs of one experiment.

    Args:
        backend: the MLflow.
        experiment_id: of the experiment.
        plays: what is known of plays; of others only what their results say.
    """

    def __init__(self, backend: Backend, experiment_id: str, plays: Iterable[Play]) -> None:
        self._backend = backend
        self._experiment_id = experiment_id
        self._plays = {play.play_id: play for play in plays}
        self._runs: dict[str, str] = {}
        self._only_from_results: dict[str, datetime] = {}

    def learn(self, plays: Iterable[Play]) -> None:
        """Take over what is known of plays by now."""
        self._plays |= {play.play_id: play for play in plays}

    def of(self, result: Result) -> str | None:
        """Return the run id of a result's parent, begun if need be; None if it has no play."""
        play_id = result.provenance.play_id
        if not play_id or not _plain(play_id):
            return None
        if play_id in self._only_from_results:
            known = self._only_from_results[play_id]
            self._only_from_results[play_id] = max(known, result.finished_at)
        if play_id not in self._runs:
            self._runs[play_id] = self._begun(play_id, result)
        return self._runs[play_id]

    def finish(self, play: Play) -> None:
        """Bring the parent of a play that ended, or was killed, to its final state."""
        self.learn([play])
        if not _plain(play.play_id):
            return
        if play.play_id not in self._runs:
            self._runs[play.play_id] = self._begun(play.play_id, None)
        run = self._settled(play.play_id)
        if RECORDED in run.tags and run.ended:
            return
        record = asdict(play)
        for name in ("tracking_uri", "writer"):  # may hold credentials, says nothing
            record.pop(name)
        self._backend.upload(run, "play.json", json.dumps(record, indent=2).encode())
        status, ended = play.status, play.finished_at and _milliseconds(play.finished_at)
        if not ended:  # killed: all that is known is when its last result ended
            ends = [child.end_ms or 0 for child in self._children(run.run_id)]
            status, ended = "KILLED", max([_milliseconds(play.started_at), *ends])
        tags = _tags_of_play(play) | {"status": status.lower(), RECORDED: "true"}
        self._backend.log(run.run_id, params=_params_of_play(play), tags=tags)
        self._backend.terminate(run.run_id, status, ended)

    def finish_unrecorded(self) -> None:
        """End the parents of which nothing but their results is known."""
        for play_id, ended in self._only_from_results.items():
            run = self._settled(play_id)
            if not run.ended:
                self._backend.terminate(run.run_id, "FINISHED", layout.milliseconds(ended))
        self._only_from_results.clear()

    def _begun(self, play_id: str, result: Result | None) -> str:
        """Return the parent that is there, or begin one."""
        if self._found(play_id):
            return self._settled(play_id).run_id
        play = self._plays.get(play_id)
        tags = {KIND: "play", "play_id": play_id, "mlflow.source.type": "PROJECT"}
        if play is not None:
            start = _milliseconds(play.started_at)
            name = f"{play.playbook or 'play'} {play.started_at}"
            tags |= _tags_of_play(play) | {"status": "running"}
        elif result is not None:
            start = layout.milliseconds(result.started_at)
            name = f"play {result.started_at.isoformat(timespec='seconds')}"
            self._only_from_results[play_id] = result.finished_at
            tags |= layout.cleaned_tags(
                {
                    "controller": result.provenance.controller,
                    "mlflow.user": result.provenance.user,
                    "profile": result.provenance.profile,
                    "awx_job_id": result.provenance.awx_job_id,
                    "git_commit": result.provenance.git_commit,
                }
            )
        else:
            raise AssertionError("a parent is begun for a play or for a result")
        made = self._backend.create(self._experiment_id, name, start, tags)
        self._runs[play_id] = made.run_id
        return self._settled(play_id).run_id

    def _settled(self, play_id: str) -> Run:
        """Bring it down to one parent, and remember that one."""
        found = self._found(play_id)
        if not found:
            raise UnavailableError(f"The parent run of play {play_id} vanished: try again.")
        kept = found[0]
        losers = {run.run_id for run in found[1:]}
        mine = self._runs.get(play_id)
        if mine is not None and mine != kept.run_id:
            losers.add(mine)  # removed by somebody else after they moved what was there by then
        for loser in sorted(losers):
            for child in self._children(loser):
                self._backend.log(child.run_id, tags={PARENT: kept.run_id})
            self._backend.delete(loser)
        self._runs[play_id] = kept.run_id
        return kept

    def _found(self, play_id: str) -> list[Run]:
        condition = f"tags.play_id = '{play_id}' AND tags.`{KIND}` = 'play'"
        runs = self._backend.search(self._experiment_id, condition)
        return sorted(runs, key=lambda run: run.run_id)

    def _children(self, run_id: str) -> list[Run]:
        return self._backend.search(self._experiment_id, f"tags.`{PARENT}` = '{run_id}'")


def _tags_of_play(play: Play) -> dict[str, str]:
    who = "@".join(part for part in (play.user, play.controller) if part)
    return layout.cleaned_tags(
        {
            "mlflow.user": play.user,
            "mlflow.source.name": play.playbook,
            "mlflow.source.git.commit": play.git_commit,
            "git_commit": play.git_commit,
            "controller": play.controller,
            "asked_by": who,
            "hosts": ", ".join(play.hosts),
            "profile": play.profile,
            "awx_job_id": play.awx.get("job_id"),
            **{f"awx.{name}": value for name, value in play.awx.items()},
        }
    )


def _params_of_play(play: Play) -> dict[str, str]:
    return layout.cleaned_params(
        {
            "playbook": play.playbook,
            "hosts": ", ".join(play.hosts),
            "tags": ", ".join(play.tags),
            "profile": play.profile,
            "sessions": play.sessions,
            "ansible_version": play.ansible_version,
        }
    )


def _milliseconds(text: str) -> int:
    return layout.milliseconds(datetime.fromisoformat(text))


def _plain(identifier: str) -> bool:
    return all(c.isalnum() or c in "-_" for c in identifier)
