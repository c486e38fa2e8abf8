"""Callback ``mlflow``: turns what a play says into calls of :mod:`vttbench.tracking`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mlflow
type: notification
short_description: Ship benchmark results to MLflow while the play goes on
description:
  - Hears of every result that the action M(measure) writes, and has a process of its own ship it
    to MLflow. One run of ansible-playbook becomes one parent run, each result a child run of it.
  - It never fails, delays or changes a play. What can't be shipped stays in C(.vttbench/spool) and
    goes with the next run, with C(vttbench ship), or with C(playbooks/ship-results.yml); each
    result exactly once.
  - The address is E(MLFLOW_TRACKING_URI) when that is set, then O(tracking_uri), then the SQLite
    store of the checkout (C(.vttbench/mlflow.db); C(make mlflow-ui) shows it).
  - Credentials are read from MLflow's own variables E(MLFLOW_TRACKING_USERNAME) and
    E(MLFLOW_TRACKING_PASSWORD), or E(MLFLOW_TRACKING_TOKEN); then from the server's section in
    C(~/.config/vttbench/logins.ini), which C(playbooks/configure-clients.yml) writes and
    E(VTTBENCH_LOGINS) may name another file for; then from C(~/.mlflow/credentials). They are
    never printed, and no server is told what stands in another one's section.
options:
  enabled:
    description: Whether results are shipped at all.
    type: bool
    default: true
    ini: [{section: callback_mlflow, key: enabled}]
    env: [{name: VTTBENCH_MLFLOW_ENABLED}]
    vars: [{name: vttbench_mlflow_enabled}]
  tracking_uri:
    description: Where results go, such as V(http://192.168.7.30:5000).
    type: str
    ini: [{section: callback_mlflow, key: tracking_uri}]
    env: [{name: VTTBENCH_MLFLOW_TRACKING_URI}]
    vars: [{name: mlflow_tracking_uri}, {name: vttbench_mlflow_tracking_uri}]
  experiment:
    description: MLflow experiment; it is made where there is none.
    type: str
    default: vtt-hw-benchmarks
    ini: [{section: callback_mlflow, key: experiment}]
    env: [{name: VTTBENCH_MLFLOW_EXPERIMENT}]
    vars: [{name: vttbench_mlflow_experiment}]
  ship_when:
    description:
      - V(immediately) ships each result as it comes, V(end) all of them at the end of the playbook.
      - V(auto) waits for the end where the controller itself is measured, so that shipping does
        not disturb it.
    type: str
    choices: [auto, immediately, end]
    default: auto
    ini: [{section: callback_mlflow, key: ship_when}]
    env: [{name: VTTBENCH_MLFLOW_SHIP_WHEN}]
    vars: [{name: vttbench_mlflow_ship_when}]
  final_wait:
    description:
      - Seconds that the end of the playbook waits for the rest to be shipped, as long as the server
        makes progress. A server that does not answer is waited for less than 5 seconds.
    type: float
    default: 60
    ini: [{section: callback_mlflow, key: final_wait}]
    env: [{name: VTTBENCH_MLFLOW_FINAL_WAIT}]
    vars: [{name: vttbench_mlflow_final_wait}]
author: VTT hardware benchmarks
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

_MEASURING = ("measure", "record")
# Where it is used, measuring follows, and seconds pass until then.
_PLANNING = "plan_suite"
_OPTIONS = ("tracking_uri", "experiment", "ship_when", "final_wait")
_PREFIX = "vttbench_mlflow_"
# What the inventory calls the server, for everybody who asks.
_SHARED = "mlflow_tracking_uri"


def _harmless(handler: Callable[..., None]) -> Callable[..., None]:
    """Keep whatever goes wrong in here out of the play."""

    @functools.wraps(handler)
    def wrapped(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        try:
            handler(self, *args, **kwargs)
        except Exception as error:
            self._problem = self._problem or f"{type(error).__name__}: {error}."

    return wrapped


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mlflow"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._problem: str | None = None
        self._session: Any = None
        self._shipper: Any = None
        self._play: Any = None
        self._playbook: Any = None
        self._seen: set[str] = set()

    @_harmless
    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._playbook = playbook
        os.environ.pop("VTTBENCH_PLAY_ID", None)  # of an ansible-playbook that runs this one

    @_harmless
    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play

    @_harmless
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Before a worker is forked: what is set here, the action ``measure`` sees."""
        planning = task.action == _PLANNING and self._shipper is None and self._session is None
        measuring = task.action in _MEASURING and host.name not in self._seen
        if task.check_mode or not (planning or measuring):
            return
        variables = self._play.get_variable_manager().get_vars(
            play=self._play, host=host, task=task
        )
        if planning:
            self._warm(variables)
            return
        self._seen.add(host.name)
        if self._session is None:
            self._begin(variables)
        if self._session is not None:
            self._session.saw_host(host.name, local=variables.get("ansible_connection") == "local")

    @_harmless
    def v2_runner_on_ok(self, result: Any, ignore_errors: bool = False) -> None:
        found = result._result.get("vttbench_result")
        if isinstance(found, dict) and self._session is not None:
            self._session.saw_result(found["result_id"], Path(found["path"]))

    v2_runner_on_failed = v2_runner_item_on_ok = v2_runner_item_on_failed = v2_runner_on_ok
    v2_runner_on_unreachable = v2_runner_on_ok

    @_harmless
    def v2_playbook_on_stats(self, stats: Any) -> None:
        line = None
        if self._session is not None:
            failed = bool(stats.failures or stats.dark)
            line = self._session.finish("FAILED" if failed else "FINISHED")
        elif self._shipper is not None:
            self._shipper.stop()
        if self._problem:
            line = f"{line or 'MLflow:'} ({self._problem} What is not shipped: vttbench ship)"
        if line:
            self._display.display(line)

    def _configure(self, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the options for this play, or None where nothing is to be shipped."""
        from ansible.template import Templar

        templar = Templar(loader=self._playbook._loader, variables=variables)
        ours = {
            name: variables[name]
            for name in variables
            if name.startswith(_PREFIX) or name == _SHARED
        }
        self.set_options(var_options=templar.template(ours))
        if not self.get_option("enabled"):
            return None
        return {name: self.get_option(name) for name in _OPTIONS}

    def _warm(self, variables: dict[str, Any]) -> None:
        options = self._configure(variables)
        if options is not None and "run" in _stages(variables):
            from vttbench.tracking import play_session

            self._shipper = play_session.warm(
                playbook=self._path(), options=options, environ=os.environ
            )

    def _begin(self, variables: dict[str, Any]) -> None:
        options = self._configure(variables)
        if options is None:
            return
        from vttbench.tracking import play_session

        self._session = play_session.begin(
            playbook=self._path(),
            options=options,
            variables=variables,
            environ=os.environ,
            shipper=self._shipper,
        )

    def _path(self) -> Path:
        return Path(self._playbook._basedir, self._playbook._file_name)


def _stages(variables: dict[str, Any]) -> set[str]:
    """Return `run` unless only other stages were asked for by their tags."""
    asked = {str(tag) for tag in variables.get("ansible_run_tags") or ()}
    return {"run"} if "run" in asked or not asked & {"install", "preflight", "collect"} else asked
