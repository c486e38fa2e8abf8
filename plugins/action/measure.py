"""Action plugin: arguments and facts in, :class:`vttbench.measuring.loop.Loop` in the middle.

What it does and how is documented in ``plugins/modules/measure.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display

try:
    # Loaded here, once, and inherited by every worker; loaded where it is used it would cost each
    # measurement half a second.
    import scipy.special  # noqa: F401
    import uuid6

    from vttbench.benchmarks.registry import parser_for
    from vttbench.hosts.contamination import Thresholds, thresholds_for
    from vttbench.measuring import provenance
    from vttbench.measuring.deadline import answered_within
    from vttbench.measuring.document import compose, error_of
    from vttbench.measuring.history import History
    from vttbench.measuring.interrupts import interruptible
    from vttbench.measuring.journal import Journal
    from vttbench.measuring.loop import InterruptedByUser, Loop
    from vttbench.measuring.posix import PosixRunner, Reply
    from vttbench.measuring.record import Recorder
    from vttbench.measuring.runner import HostLostError, Runner
    from vttbench.measuring.spec import Spec, Surroundings
    from vttbench.measuring.tally import Tally
    from vttbench.measuring.windows import WindowsRunner
    from vttbench.result import Check, ErrorKind, Host, Result, Status
    from vttbench.sampling.limits import Limits
    from vttbench.store.results import StoreError
    from vttbench.telemetry import series
    from vttbench.telemetry.energy import derived_energy_metrics
    from vttbench.tracking import destination
except ImportError as error:
    # Raised by the task, not here: an error while a plugin is loaded ends all of Ansible, and
    # nothing that a play does `always` is done.
    NOT_INSTALLED: str | None = (
        f"vttbench is not installed beside this ansible ({error}). Run `make setup` and use "
        "`.venv/bin/ansible-playbook`, or `. .venv/bin/activate` first."
    )
else:
    NOT_INSTALLED = None

LIMITS = {
    "warmup": "warmup",
    "min_repeats": "min_repeats",
    "max_repeats": "max_repeats",
    "target_half_width": "target_half_width_percent",
    "budget": "budget_s",
    "cooldown": "cooldown_s",
}

ARGUMENTS = {
    "benchmark": {"type": "str", "required": True},
    "variant": {"type": "str"},
    "version": {"type": "str", "default": "1"},
    "tool": {"type": "str"},
    "argv": {"type": "list", "elements": "str"},
    "version_argv": {"type": "list", "elements": "str"},
    "environment": {"type": "dict", "default": {}},
    "prepare": {"type": "list", "elements": "list", "default": []},
    "parser": {"type": "raw", "required": True},
    "parameters": {"type": "dict", "default": {}},
    "artifacts": {"type": "list", "elements": "str", "default": []},
    "targets": {"type": "dict", "default": {}},
    "work_dir": {"type": "str", "default": "~/.cache/vttbench/work"},
    "warmup": {"type": "int"},
    "min_repeats": {"type": "int"},
    "max_repeats": {"type": "int"},
    "target_half_width": {"type": "float"},
    "timeout": {"type": "float"},
    "default_timeout": {"type": "float", "default": 1800.0},
    "budget": {"type": "float"},
    "cooldown": {"type": "float"},
    "telemetry": {"type": "bool", "default": True},
    "memory_only": {"type": "bool", "default": False},
    "skip_reason": {"type": "str"},
    "failure": {
        "type": "dict",
        "options": {
            "kind": {"type": "str", "required": True},
            "message": {"type": "str", "required": True},
        },
    },
    "fail_on_error": {"type": "bool", "default": False},
}

# How long a module may take on a Windows host that is not the tool itself.
REMOTE_STEP_S = 300.0

display = Display()


class ActionModule(ActionBase):
    """See the documentation of the module ``measure``."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if NOT_INSTALLED:
            raise AnsibleActionFail(NOT_INSTALLED)
        _, args = self.validate_argument_spec(
            argument_spec=ARGUMENTS, required_one_of=[["argv", "skip_reason", "failure"]]
        )
        facts = _vttbench_facts(task_vars)
        suite = facts.get("vttbench_suite") or {}
        root = Path(suite.get("root") or destination.find_root(Path(self._loader.get_basedir())))
        recorder = Recorder.of(
            Path(suite.get("results_dir") or root / "results"),
            Path(suite.get("state_dir") or destination.state_dir(root)),
            os.environ,
        )
        host = self._host(task_vars, facts)
        spec = self._spec(args)
        history = History.of(recorder.results_dir, host.name, spec)
        limits = self._limits(args, suite, task_vars)
        if self._task.check_mode:
            return result | self._plan(spec, limits, history)
        for stored in recorder.recover():
            display.warning(
                f"{stored.result.host.name}: {stored.result.benchmark.name} was interrupted when "
                f"its controller was killed; what it had measured is in {stored.path}"
            )
        step = task_vars.get("vttbench_step") or {}
        surroundings = Surroundings(
            suite_id=suite.get("suite_id") or str(uuid6.uuid7()),
            session_id=step.get("session_id") or str(uuid6.uuid7()),
            host=host,
            provenance=provenance.gather(
                root,
                os.environ,
                ansible_version=ansible_version,
                profile=suite.get("profile"),
            ),
            preflight=tuple(
                Check.model_validate(check) for check in facts.get("vttbench_preflight") or []
            ),
        )
        if args["skip_reason"] or args["failure"]:
            document = _unmeasured(spec, surroundings, args["skip_reason"], args["failure"])
            return result | self._write(recorder, document, None, args)
        timeout = args["timeout"] or history.timeout_s(default=args["default_timeout"])
        return result | self._measure(
            spec, surroundings, limits, recorder, args, facts, task_vars, timeout
        )

    def _measure(
        self,
        spec: Spec,
        surroundings: Surroundings,
        limits: Limits,
        recorder: Recorder,
        args: dict[str, Any],
        facts: dict[str, Any],
        task_vars: dict[str, Any],
        timeout: float,
    ) -> dict[str, Any]:
        spec = replace(spec, timeout_s=timeout)
        result_id = str(uuid6.uuid7())
        journal = Journal(recorder.state_dir, result_id)
        runner = self._runner(result_id, spec, surroundings, limits, args, facts, task_vars)
        loop = Loop(
            result_id,
            spec,
            surroundings,
            limits,
            runner,
            journal,
            on_progress=lambda progress: display.display(str(progress)),
            read_telemetry=partial(series.read, limits=task_vars.get("measure_temperature_limits")),
            derive=derived_energy_metrics,
        )
        with interruptible():
            document = loop.run()
        reply = self._write(recorder, document, journal, args)
        if loop.interruption is not None and not isinstance(loop.interruption, InterruptedByUser):
            raise loop.interruption
        if document.error is not None and document.error.kind is ErrorKind.UNREACHABLE:
            reply["unreachable"] = True
        return reply

    def _runner(
        self,
        result_id: str,
        spec: Spec,
        surroundings: Surroundings,
        limits: Limits,
        args: dict[str, Any],
        facts: dict[str, Any],
        task_vars: dict[str, Any],
    ) -> Runner:
        """Return what runs the tool on this kind of host."""
        thresholds = thresholds_for(tool_does_io=not args["memory_only"]).model_copy(
            update=_thresholds(task_vars)
        )
        per_attempt = spec.timeout_s + limits.cooldown_s
        lifetime_s = 2 * limits.budget_s + limits.max_attempts * per_attempt
        lease_s = per_attempt + 120.0
        cores = surroundings.host.threads or 1
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            self._task_vars = task_vars
            return WindowsRunner(
                self._module,
                name=result_id,
                work_dir=args["work_dir"],
                thresholds=thresholds,
                telemetry_interval_s=spec.telemetry_interval_s,
                lifetime_s=lifetime_s,
                lease_s=lease_s,
                cores=cores,
            )
        return PosixRunner(
            self._execute,
            name=result_id,
            work_dir=args["work_dir"],
            thresholds=thresholds,
            python=_python(facts, task_vars),
            telemetry_interval_s=spec.telemetry_interval_s,
            lifetime_s=lifetime_s,
            lease_s=lease_s,
            cores=cores,
        )

    def _module(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        limit_s: float | None = None,
        jobs: str | None = None,
    ) -> dict[str, Any]:
        """Run a module on a Windows host; see :class:`vttbench.measuring.windows.Modules`."""
        shell, task = self._connection._shell, self._task
        before = task.environment, task.async_val, self.get_shell_option("async_dir")
        task.environment = [*(before[0] or []), dict(environment or {})]
        if limit_s is not None:
            task.async_val = int(limit_s)
            shell.set_option("async_dir", jobs)
        try:
            with answered_within(REMOTE_STEP_S):
                result: dict[str, Any] = self._execute_module(
                    module_name=name,
                    module_args=dict(arguments),
                    task_vars=self._task_vars,
                    wrap_async=limit_s is not None,
                )
        except Exception as error:
            if not _is_lost(error):
                raise
            with suppress(Exception):
                self._connection.reset()
            raise HostLostError(_in_one_line(error)) from error
        finally:
            task.environment, task.async_val = before[:2]
            shell.set_option("async_dir", before[2])
        return result

    def _execute(self, script: str) -> Reply:
        """Carry shell text to the host over Ansible's own connection.

        The text goes to the shell's standard input: as an argument its length would be limited,
        and ssh would open a terminal, which changes line ends and mixes the two outputs.
        """
        try:
            reply = self._low_level_execute_command("/bin/sh", in_data=script.encode())
        except AnsibleConnectionFailure as error:
            with suppress(AnsibleConnectionFailure, AttributeError, OSError):
                self._connection.reset()
            raise HostLostError(str(error)) from error
        return Reply(reply["rc"], reply["stdout"], reply["stderr"])

    def _write(
        self, recorder: Recorder, document: Result, journal: Journal | None, args: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            stored = recorder.write(document, journal.raw_dir if journal else None)
        except (StoreError, ValueError) as error:
            kept = f" What was measured is kept in {journal.folder}." if journal else ""
            raise AnsibleActionFail(f"{error}.{kept}") from error
        if journal is not None:
            journal.close()
        return _reply(stored.result, stored.path, args["fail_on_error"])

    def _spec(self, args: dict[str, Any]) -> Spec:
        argv = tuple(args["argv"] or ())
        try:
            parser = parser_for(args["parser"])
        except ValueError as error:
            raise AnsibleActionFail(f"{args['benchmark']}: {error}") from error
        return Spec(
            benchmark=args["benchmark"],
            variant=args["variant"],
            version=args["version"],
            tool=args["tool"] or (_program(argv[0]) if argv else args["benchmark"]),
            argv=argv,
            parser=parser,
            environment={name: str(value) for name, value in args["environment"].items()},
            prepare=tuple(tuple(str(word) for word in words) for words in args["prepare"]),
            version_argv=tuple(args["version_argv"] or ()),
            parameters=args["parameters"],
            artifacts=tuple(args["artifacts"]),
            targets={path: int(size) for path, size in args["targets"].items()},
            telemetry_interval_s=1.0 if args["telemetry"] else None,
        )

    def _limits(
        self, args: dict[str, Any], suite: dict[str, Any], task_vars: dict[str, Any]
    ) -> Limits:
        """Return the limits: the profile's, then the role's, then the user's."""
        values = dict(suite.get("limits") or {})
        values |= {name: args[ours] for ours, name in LIMITS.items() if args[ours] is not None}
        values |= task_vars.get("measure_limits") or {}
        try:
            return Limits.model_validate(values)
        except ValueError as error:
            raise AnsibleActionFail(f"{args['benchmark']}: {error}") from error

    def _host(self, task_vars: dict[str, Any], facts: dict[str, Any]) -> Host:
        known = facts.get("vttbench_host")
        if known:
            return Host.model_validate(known)
        family: Literal["windows", "linux"] = (
            "windows" if facts.get("os_family") == "Windows" else "linux"
        )
        threads = facts.get("processor_vcpus") or facts.get("processor_count")
        return Host(name=task_vars["inventory_hostname"], os_family=family, threads=threads)

    def _plan(self, spec: Spec, limits: Limits, history: History) -> dict[str, Any]:
        usual = history.step_s()
        duration = (
            f"usually takes {usual:.0f} s"
            if usual is not None
            else f"takes at most about {limits.budget_s:.0f} s"
        )
        return {
            "changed": False,
            "status": "planned",
            "estimate_s": usual,
            "msg": f"would measure {spec.title} ({duration}): {' '.join(spec.argv)}",
        }


def _unmeasured(
    spec: Spec, surroundings: Surroundings, reason: str | None, failure: dict[str, str] | None
) -> Result:
    """Return the document of a benchmark that could not be run at all."""
    now = datetime.now(UTC)
    if failure:
        status, error = Status.FAILED, error_of(ErrorKind(failure["kind"]), failure["message"])
    else:
        status, error = Status.SKIPPED, error_of(ErrorKind.INSTALL, reason or "")
    return compose(
        str(uuid6.uuid7()),
        spec,
        surroundings,
        Tally(),
        started_at=now,
        finished_at=now,
        status=status,
        error=error,
    )


def _reply(document: Result, path: Path, fail_on_error: bool) -> dict[str, Any]:
    metrics = [
        {
            "name": metric.name,
            "value": metric.value,
            "unit": metric.unit,
            "ci95": list(metric.ci95) if metric.ci95 else None,
            "cv": metric.cv,
        }
        for metric in document.metrics
        if metric.primary
    ]
    reply: dict[str, Any] = {
        "changed": False,
        "status": document.status.value,
        "result_id": document.result_id,
        "path": str(path),
        "metrics": metrics,
        # The callback looks for this key.
        "vttbench_result": {
            "result_id": document.result_id,
            "path": str(path),
            "status": document.status.value,
        },
    }
    if document.error is not None:
        reply["error"] = {"kind": document.error.kind.value, "message": document.error.message}
        reply["msg"] = document.error.message
        reply["failed"] = fail_on_error and document.status in (Status.FAILED, Status.PARTIAL)
    return reply


def _vttbench_facts(task_vars: dict[str, Any]) -> dict[str, Any]:
    """Return the host's facts; variables of the play win over what may stem from a cache."""
    facts = dict(task_vars.get("ansible_facts") or {})
    for name in ("vttbench_suite", "vttbench_host", "vttbench_preflight"):
        if name in task_vars:
            facts[name] = task_vars[name]
    # Facts may come from a cache: those of another run of ansible-playbook would file this result
    # under a suite, and with checks, that it has nothing to do with.
    process = (facts.get("vttbench_suite") or {}).get("process", os.getppid())
    if process != os.getppid():
        for name in ("vttbench_suite", "vttbench_preflight"):
            facts.pop(name, None)
    return facts


def _program(path: str) -> str:
    """Return a program's name, the same on both systems."""
    name = PureWindowsPath(path).name if "\\" in path else Path(path).name
    return name.removesuffix(".exe")


def _is_lost(error: Exception) -> bool:
    """Tell whether an error means that a Windows host can't be reached.

    A laptop that went away shows as whatever its connection plugin stumbled over: an error of
    Ansible's, of the HTTP client (all of them are OSError), or of pywinrm, whose shell is gone.
    """
    return isinstance(error, AnsibleConnectionFailure | OSError | HostLostError) or type(
        error
    ).__module__.startswith("winrm")


def _in_one_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    # The HTTP client nests errors: ('Connection aborted.', RemoteDisconnected(...)).
    nested = re.match(r"\('([^']+)', ", words)
    return (nested[1] if nested else words)[:300] or type(error).__name__


def _thresholds(task_vars: dict[str, Any]) -> dict[str, Any]:
    """Return what the user wants to count as a disturbance, checked."""
    wanted = task_vars.get("measure_contamination_thresholds") or {}
    try:
        return Thresholds.model_validate(wanted).model_dump(include=set(wanted))
    except ValueError as error:
        raise AnsibleActionFail(f"measure_contamination_thresholds: {error}") from error


def _python(facts: dict[str, Any], task_vars: dict[str, Any]) -> str:
    """Return the host's interpreter: what facts found, what the inventory says, or a guess."""
    found = (facts.get("python") or {}).get("executable")
    return str(found or task_vars.get("discovered_interpreter_python") or "python3")
