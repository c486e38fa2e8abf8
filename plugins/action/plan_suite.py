"""Decide what a run does on a host; documented in ``plugins/modules/plan_suite.py``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from vttbench.benchmarks.custom import Definition, DefinitionError
from vttbench.benchmarks.fio_jobs import JOBS
from vttbench.models.errors import ModelError
from vttbench.models.inventory import Mode
from vttbench.store import ResultStore
from vttbench.suite.definitions import as_facts, definitions_of
from vttbench.suite.errors import SuiteError
from vttbench.suite.estimate import estimate_step_s
from vttbench.suite.plan import Plan, plan
from vttbench.suite.profiles import profile_of
from vttbench.suite.resume import remaining
from vttbench.suite.suites import Request, Suite, open_suite
from vttbench.suite.tags import UnknownTagError
from vttbench.tracking import destination

_ROOT = Path(__file__).resolve().parents[2]
_BUILT_IN = ("sevenzip", "stream", "fio", "llama")
_NEEDS_A_DESKTOP = ("cinebench", "markbench")
# Variants that are known without asking a host; those of llama follow from its models.
_VARIANTS = {"fio": tuple(JOBS)}
_ARGUMENTS = {
    "profile": {"type": "str", "default": "standard", "choices": ["quick", "standard", "full"]},
    "sessions": {"type": "int"},
    "seed": {"type": "int"},
    "resume": {"type": "bool", "default": False},
    "results_dir": {"type": "path"},
    "state_dir": {"type": "path"},
    "model_config_mode": {"type": "str"},
    "run_tags": {"type": "list", "elements": "str", "default": ["all"]},
    "skip_tags": {"type": "list", "elements": "str", "default": []},
    "custom": {"type": "list", "elements": "dict", "default": []},
}

display = Display()


class ActionModule(ActionBase):
    """Turn what was asked for into the fact ``vttbench_suite``."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the plan as a fact, and in words for people."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        try:
            definitions = definitions_of(_ROOT, arguments["custom"], _family(variables))
            suite, planned = self._plan(arguments, variables, definitions)
        except (SuiteError, ModelError, UnknownTagError, DefinitionError) as error:
            raise AnsibleActionFail(str(error)) from error
        profile = profile_of(suite.profile)
        facts = {
            "suite_id": suite.suite_id,
            "profile": suite.profile,
            "sessions": suite.sessions,
            "resume": arguments["resume"],
            "model_config_mode": suite.model_config_mode,
            "limits": profile.limits.model_dump(mode="json"),
            "session_cooldown_s": profile.session_cooldown_s,
            "root": str(_ROOT),
            # The ansible-playbook that this plan belongs to: facts may outlive it in a cache.
            "process": os.getppid(),
            "results_dir": str(_results_dir(arguments)),
            "state_dir": str(_state_dir(arguments)),
            "definitions": {each.name: as_facts(each) for each in definitions},
            **planned.as_facts(),
        }
        if self._task.check_mode:
            result["msg"] = _announcement(planned, suite, arguments, variables)
            display.display(result["msg"])
        return {**result, "changed": False, "ansible_facts": {"vttbench_suite": facts}}

    def _plan(
        self,
        arguments: Mapping[str, Any],
        variables: Mapping[str, Any],
        definitions: Sequence[Definition],
    ) -> tuple[Suite, Plan]:
        host = str(variables["inventory_hostname"])
        mode = arguments["model_config_mode"] or os.environ.get("MODEL_CONFIG_MODE") or "default"
        request = Request(
            host=host,
            profile=arguments["profile"],
            play_id=os.environ.get("VTTBENCH_PLAY_ID") or str(self._task.get_play()._uuid),
            hosts=tuple(variables.get("ansible_play_hosts_all") or (host,)),
            sessions=arguments["sessions"],
            seed=arguments["seed"],
            model_config_mode=Mode.of(mode).value,
        )
        tags = {
            "run_tags": arguments["run_tags"],
            "skip_tags": arguments["skip_tags"],
            "custom": [definition.name for definition in definitions],
            "elsewhere": _NEEDS_A_DESKTOP,
        }
        measures = "run" in plan(_BUILT_IN, 1, 0, **tags).stages
        # Who only prepares or looks at results begins no suite; the table is the latest one's.
        suite = open_suite(
            _state_dir(arguments),
            request,
            resume=arguments["resume"] or not measures,
            record=measures and not self._task.check_mode,
        )
        planned = plan(_BUILT_IN, suite.session_ids(host), suite.seed, **tags)
        if arguments["resume"]:
            there = ResultStore(_results_dir(arguments)).results(
                host=host, suite_id=suite.suite_id, on_error=lambda _path, _error: None
            )
            steps = remaining(planned, (entry.result for entry in there), _VARIANTS)
            planned = replace(planned, steps=steps)
        return suite, planned


def _family(variables: Mapping[str, Any]) -> str:
    facts = variables.get("ansible_facts") or {}
    return "windows" if facts.get("os_family") == "Windows" else "linux"


def _results_dir(arguments: Mapping[str, Any]) -> Path:
    return Path(arguments["results_dir"] or _ROOT / "results").absolute()


def _state_dir(arguments: Mapping[str, Any]) -> Path:
    return Path(arguments["state_dir"] or destination.state_dir(_ROOT)).absolute()


def _announcement(
    planned: Plan, suite: Suite, arguments: Mapping[str, Any], variables: Mapping[str, Any]
) -> str:
    """Say what would be measured and how long that takes, from earlier results."""
    host = str(variables["inventory_hostname"])
    if not planned.steps:
        return f"{host}: would measure nothing"
    store = ResultStore(_results_dir(arguments))
    earlier = [
        entry.result for entry in store.results(host=host, on_error=lambda _path, _error: None)
    ]
    usual = {
        name: estimate_step_s(earlier, host=host, benchmark=name, profile=suite.profile)
        for name in planned.benchmarks
    }
    lines = [
        f"  session {step.session}: {step.benchmark}, {_duration(usual[step.benchmark])}"
        for step in planned.steps
    ]
    known = [usual[step.benchmark] for step in planned.steps]
    total = sum(span for span in known if span is not None)
    rests = sum(step.rest for step in planned.steps)
    total += rests * profile_of(suite.profile).session_cooldown_s
    more = " and what was never measured here" if None in known else ""
    headline = (
        f"{host}: would measure {len(planned.steps)} steps, profile {suite.profile}, "
        f"seed {suite.seed}: {_duration(total or None)}{more}"
    )
    return "\n".join((headline, *lines))


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "time unknown"
    return f"about {seconds:.0f} s" if seconds < 120 else f"about {seconds / 60:.0f} min"
