"""Callback ``quiet_controller``: Ansible's own loop must not disturb what is measured beside it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: quiet_controller
type: notification
short_description: Let Ansible look for news less often while the controller itself is measured
description:
  - Ansible's main process asks its workers for news a thousand times a second and so keeps about
    5 % of a core busy. Where the controller is the host that is measured
    (C(ansible_connection=local)), that is taken from the benchmark.
  - While an action M(measure) runs on such a host, it asks O(interval) apart. Before and after,
    nothing is changed, so that all other tasks are as quick as ever.
options:
  interval:
    description: Seconds between two looks while a measurement runs.
    type: float
    default: 0.1
    ini: [{section: callback_quiet_controller, key: interval}]
    env: [{name: VTTBENCH_QUIET_INTERVAL}]
author: VTT hardware benchmarks
"""

from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase

_USUAL = constants.DEFAULT_INTERNAL_POLL_INTERVAL


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "quiet_controller"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._play: Any = None
        self._measured: set[str] = set()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        if task.action != "measure" or task.check_mode:
            return
        variables = self._play.get_variable_manager().get_vars(
            play=self._play, host=host, task=task
        )
        if variables.get("ansible_connection") == "local":
            self._measured.add(host.name)
            constants.DEFAULT_INTERNAL_POLL_INTERVAL = max(_USUAL, self.get_option("interval"))

    def v2_runner_on_ok(self, result: Any) -> None:
        # Of a loop, results of single items come by another way: this is its end.
        self._measured.discard(result._host.get_name())
        if not self._measured:
            constants.DEFAULT_INTERNAL_POLL_INTERVAL = _USUAL

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self.v2_runner_on_ok(result)

    v2_runner_on_unreachable = v2_runner_on_ok
    v2_runner_on_skipped = v2_runner_on_ok
