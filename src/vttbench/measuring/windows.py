"""A :class:`~vttbench.measuring.runner.Runner` for Windows hosts, over Ansible's own modules.

The tool runs through ``win_command`` as an asynchronous job: Ansible takes it out of the job object
that ends with the connection, so a dropped connection loses nothing. What we ask beside that goes
through one script (``vttbench.hosts.windows``). Asking costs the host a second of CPU, as each
module starts a PowerShell: so it is asked whether the tool has ended when it should have, and
rarely from then on.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from vttbench.benchmarks.output import RawOutput
from vttbench.hosts import contamination
from vttbench.hosts.windows import snapshot
from vttbench.hosts.windows.host import (
    POWERSHELL,
    Answer,
    WindowsHostError,
    ask,
    complaint,
    script_text,
)
from vttbench.hosts.windows.paths import join, windows_path
from vttbench.measuring.clixml import without_clixml
from vttbench.measuring.runner import Attempt, HostLostError, RunnerError
from vttbench.telemetry import windows as telemetry

COMMAND = "ansible.windows.win_command"
STATUS = "ansible.windows.async_status"

RECONNECT_S = 300.0
RECONNECT_PAUSE_S = 10.0

# Ansible's own limit on the job only takes its watcher away and leaves the tool: ours comes first.
MARGIN_S = 600.0
# A tool that was ended by us writes what it had said within this time.
ENDING_S = 60.0


T = TypeVar("T")


class Modules(Protocol):
    """Runs Ansible's modules on the host."""

    def __call__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        limit_s: float | None = None,
        jobs: str | None = None,
    ) -> dict[str, Any]:
        """Run a module and return its result.

        Args:
            name: of the module, in full.
            arguments: its options.
            environment: of what it starts.
            limit_s: start it as an asynchronous job of so many seconds; None waits for its end.
            jobs: folder on the host for the job's file.

        Raises:
            HostLostError: no connection.
        """


@dataclass(frozen=True)
class Job:
    """An asynchronous job on the host: its id, the folder of its file, and who watches it."""

    jid: str
    folder: str
    watchdog: int | None


class WindowsRunner:
    r"""Runs one benchmark step on a Windows host.

    Args:
        modules: carries modules to the host.
        name: of the step's workspace; unique, e.g. the result's id.
        work_dir: folder on the host, e.g. ``C:\ProgramData\vttbench\work``.
        thresholds: of contamination; None to let everything count.
        telemetry_interval_s: between two samples; None for no telemetry.
        lifetime_s: after so long the sampler ends by itself, whatever became of us.
        lease_s: it also ends after so long without a new repeat.
        cores: logical processors of the host.
        pause: sleeps; seconds.
        clock: seconds.
    """

    def __init__(
        self,
        modules: Modules,
        *,
        name: str,
        work_dir: str,
        thresholds: contamination.Thresholds | None,
        telemetry_interval_s: float | None,
        lifetime_s: float,
        lease_s: float,
        cores: int,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._modules = modules
        self._folder = join(windows_path(work_dir), name)
        self._thresholds = thresholds
        self._interval_s = telemetry_interval_s
        self._lifetime_s = lifetime_s
        self._lease_s = lease_s
        self._cores = cores
        self._pause = pause
        self._clock = clock
        self._opened = False
        self._sampler: Job | None = None
        self._tool: Job | None = None
        self._usual_s: float | None = None
        self._booted: datetime | None = None

    @property
    def shared(self) -> str:
        """Absolute path of the folder that is kept over all repeats."""
        return join(self._folder, "shared")

    def open(self) -> None:
        """Make the workspace and start telemetry."""
        self._opened = True
        self._ask("make a workspace", make=self.shared)
        if self._interval_s is None:
            return
        request = telemetry.request(
            folder=self._folder,
            interval_s=self._interval_s,
            lifetime_s=self._lifetime_s,
            lease_s=self._lease_s,
        )
        script = script_text("windows_sampler.ps1", "vttbench.telemetry")
        self._sampler = self._start(
            POWERSHELL,
            {"script": script, "parameters": {"Request": json.dumps(request)}},
            folder=join(self._folder, "jobs", "sampler"),
            limit_s=self._lifetime_s + MARGIN_S,
        )

    def output_of(self, argv: Sequence[str], timeout_s: float) -> RawOutput:
        """Run a helper command in the shared folder and return what it left behind."""
        limit = self._clock() + timeout_s
        usual, self._usual_s = self._usual_s, None
        self._tool = self._start(
            COMMAND,
            {"argv": list(argv), "chdir": self.shared},
            folder=join(self._folder, "jobs", f"helper-{time.time_ns()}"),
            limit_s=timeout_s + MARGIN_S,
        )
        result, timed_out = self._wait(self._tool, limit)
        self._tool, self._usual_s = None, usual
        if timed_out:
            return RawOutput(stderr=f"ended after {timeout_s:g} s".encode(), returncode=124)
        return _raw(result, {})

    def size_of(self, path: str) -> int | None:
        """Return the length of a file in bytes, None where it is not there."""
        path = windows_path(path)
        return self._ask("look for a file", sizes=[path]).sizes.get(path)

    def repeat(
        self,
        index: int,
        argv: Sequence[str],
        environment: Mapping[str, str],
        artifacts: Sequence[str],
        timeout_s: float,
    ) -> Attempt:
        """Run the tool once in a fresh directory."""
        folder = join(self._folder, f"repeat-{index:02d}")
        before = self._ask(
            "make a folder for this repeat",
            queries=snapshot.QUERIES,
            remove=join(self._folder, f"repeat-{index - 1:02d}"),
            make=folder,
        )
        self._booted = snapshot.snapshot_of(before.cim, before.now).booted
        began = self._clock()
        self._tool = self._start(
            COMMAND,
            {"argv": list(argv), "chdir": folder},
            environment={"VTTBENCH_SHARED": self.shared, **environment},
            folder=join(self._folder, "jobs", f"repeat-{index:02d}"),
            limit_s=timeout_s + MARGIN_S,
        )
        result, timed_out = self._wait(self._tool, began + timeout_s)
        names = {join(folder, name): name for name in artifacts}
        after = self._again(
            "read what the tool left behind",
            lambda: self._ask(
                "read what the tool left behind", queries=snapshot.QUERIES, files=list(names)
            ),
        )
        attempt = self._attempt(before, after, result, names, timed_out, self._clock() - began)
        self._tool = None
        if not timed_out:
            self._usual_s = attempt.duration_s
        return attempt

    def telemetry(self) -> bytes:
        """Stop the sampler and return its lines."""
        if self._interval_s is None:
            return b""
        path = join(self._folder, telemetry.LINES)
        answer = self._ask(
            "read the telemetry", write={join(self._folder, telemetry.STOP): ""}, files=[path]
        )
        return telemetry.translate(answer.files.get(path, b""))

    def close(self) -> None:
        """End what still runs and remove the workspace."""
        if not self._opened:
            return
        watchdogs = [job.watchdog for job in (self._tool, self._sampler) if job and job.watchdog]
        try:
            # The folder is erased last: nothing that runs any more holds a file in it.
            self._ask(
                "clean up",
                write={join(self._folder, telemetry.STOP): ""},
                end=watchdogs,
                end_too=watchdogs,
                erase=self._folder,
            )
        except (HostLostError, RunnerError):
            # The sampler has its own limit there; the next run's lock sees a tool that is left.
            return
        self._opened = False

    def _ask(self, purpose: str, **wishes: object) -> Answer:
        def run(name: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
            return self._modules(name, arguments)

        try:
            return ask(run, **wishes)  # type: ignore[arg-type]
        except WindowsHostError as error:
            raise RunnerError(f"could not {purpose}: {without_clixml(str(error))}") from error

    def _start(
        self,
        module: str,
        arguments: Mapping[str, Any],
        *,
        folder: str,
        limit_s: float,
        environment: Mapping[str, str] | None = None,
    ) -> Job:
        """Start a job; whether it began is looked up before it is called failed.

        The answer may be lost with the connection, and a busy host may need longer to start a job
        than Ansible waits for it (ansible/ansible 65001): in both cases the job may well run.
        """
        try:
            result = self._modules(
                module, arguments, environment=environment, limit_s=limit_s, jobs=folder
            )
        except HostLostError:
            job = self._again("look for the tool", lambda: self._job_in(folder))
            if job is None:
                raise
            return job
        if jid := result.get("ansible_job_id"):
            return Job(str(jid), folder, result.get("ansible_async_watchdog_pid"))
        job = self._job_in(folder)
        if job is None:
            raise RunnerError(f"could not start the tool: {without_clixml(complaint(result))}")
        return job

    def _job_in(self, folder: str) -> Job | None:
        names = self._ask("look for the tool", list=folder).listing
        if not names:
            return None
        path = join(folder, names[0])
        content = self._ask("look for the tool", files=[path]).files.get(path, b"")
        match = re.search(rb'"ansible_async_watchdog_pid":\s*(\d+)', content)
        return Job(names[0], folder, int(match[1]) if match else None)

    def _wait(self, job: Job, deadline: float) -> tuple[dict[str, Any], bool]:
        """Wait for a job's end; end it at the deadline. Return its result, and whether we did."""
        for pause in looks(self._usual_s):
            left = deadline - self._clock()
            if left <= 0:
                break
            self._pause(min(pause, left))
            status = self._again("wait for the tool", lambda: self._status(job))
            if status.get("finished"):
                return status, False
        self._again("end the tool", lambda: self._end(job))
        # What it had said so far comes with its end.
        given_up = self._clock() + ENDING_S
        while self._clock() < given_up:
            status = self._again("wait for the tool's end", lambda: self._status(job))
            if status.get("finished"):
                return status, True
            self._pause(1.0)
        return {}, True

    def _status(self, job: Job) -> dict[str, Any]:
        result = self._modules(STATUS, {"jid": job.jid, "_async_dir": job.folder, "mode": "status"})
        missing = "could not find job" in str(result.get("msg"))
        if missing or (result.get("failed") and "finished" not in result):
            raise RunnerError(f"could not ask for the tool: {without_clixml(complaint(result))}")
        return result

    def _end(self, job: Job) -> Answer:
        return self._ask("end the tool", end=[job.watchdog] if job.watchdog else None)

    def _again(self, purpose: str, action: Callable[[], T]) -> T:
        """Do it, and try for some minutes to reach a host whose connection dropped."""
        first: HostLostError | None = None
        lost_since = self._clock()
        while True:
            try:
                done = action()
            except HostLostError as error:
                first = first or error
                if self._clock() - lost_since > RECONNECT_S:
                    raise HostLostError(
                        f"{first}; tried again for {RECONNECT_S:.0f} s to {purpose}: {error}"
                    ) from error
                self._pause(RECONNECT_PAUSE_S)
                continue
            if first is not None:
                self._require_same_boot(first)
            return done

    def _require_same_boot(self, lost: HostLostError) -> None:
        """After a lost connection: a host that was restarted has nothing left to wait for.

        Raises:
            RunnerError: it was.
        """
        if self._booted is None:
            return
        now = self._ask("see when the host was started", queries=(snapshot.SYSTEM,))
        booted = snapshot.snapshot_of(now.cim, now.now).booted
        if booted is not None and abs((booted - self._booted).total_seconds()) > 60:
            raise RunnerError(
                f"the host was restarted at {booted:%H:%M:%S} UTC while the tool ran, which ended "
                f"it; the connection had been lost: {lost}"
            )

    def _attempt(
        self,
        before: Answer,
        after: Answer,
        result: Mapping[str, Any],
        names: Mapping[str, str],
        timed_out: bool,
        waited_s: float,
    ) -> Attempt:
        started, finished = _moment(result.get("start")), _moment(result.get("end"))
        started = started or before.now or datetime.now(UTC)
        if timed_out or finished is None:
            # A program that can't be started has no times of its own: it took none.
            duration_s = waited_s if timed_out else 0.0
        else:
            duration_s = max((finished - started).total_seconds(), 0.0)
        own = {before.pid, after.pid, *(job.watchdog for job in (self._sampler,) if job)}
        span = snapshot.span(
            snapshot.snapshot_of(before.cim, before.now),
            snapshot.snapshot_of(after.cim, after.now),
            cores=self._cores,
            own_pids={pid for pid in own if pid},
        )
        if span is not None and span.restarted:
            raise RunnerError("the host was restarted while the tool ran")
        reason = None
        if span is not None and self._thresholds is not None:
            reason = contamination.judge(span.disturbance, self._thresholds, span.culprit)
            if span.slept_s:
                reason = f"During this repeat the machine slept for {span.slept_s:.0f} s"
        kept = {name: after.files[path] for path, name in names.items() if path in after.files}
        kept |= {f"{name}.cut": b"" for path, name in names.items() if path in after.cut}
        return Attempt(
            raw=_raw(result, kept, returncode=124 if timed_out else None),
            started_at=started,
            duration_s=duration_s,
            timed_out=timed_out,
            tool_cpu_s=span.tool_cpu_s if span else None,
            harness_cpu_s=span.harness_cpu_s if span else None,
            disturbance=span.disturbance if span else {},
            contamination=reason,
        )


def looks(usual_s: float | None) -> Iterator[float]:
    """Yield pauses before each look whether the tool has ended.

    A look costs the host about a second of CPU, which is time taken from what is measured: so the
    first one comes when the tool should have ended, and later ones seldom. The first repeat, of
    which nothing is known, is a warm-up in most profiles.
    """
    if usual_s is None:
        pause = 1.0
        while True:
            yield pause
            pause = min(15.0, 1.5 * pause)
    yield max(1.0, usual_s + 0.5)
    while True:
        yield min(30.0, max(2.0, 0.1 * usual_s))


def _raw(
    result: Mapping[str, Any], files: Mapping[str, bytes], returncode: int | None = None
) -> RawOutput:
    """Return what a command left behind, from the result of its module."""
    stderr = str(result.get("stderr") or "")
    if not stderr and result.get("failed") and "start" not in result:
        stderr = without_clixml(complaint(result))
    status = result.get("rc") if returncode is None else returncode
    return RawOutput(
        stdout=str(result.get("stdout") or "").encode(),
        stderr=stderr.encode(),
        returncode=int(99 if status is None else status),
        files=files,
    )


def _moment(text: object) -> datetime | None:
    """Read a time of ``win_command``, which writes UTC."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
