"""A :class:`~vttbench.measuring.runner.Runner` for Linux hosts, over whatever carries commands.

One repeat is one command over the connection: it starts ``run.sh`` in a session of its own, waits
for it without polling, and prints what it left behind. When the connection drops, the tool goes
on; we come back and wait for the file that ``run.sh`` writes last. Nothing on the host is started
while the tool works: every poll costs a process there, and polling once a second cost up to a fifth
of the result.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import shlex
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from vttbench.benchmarks.output import RawOutput
from vttbench.hosts import contamination
from vttbench.hosts.home import home_path
from vttbench.measuring import shell
from vttbench.measuring.runner import Attempt, HostLostError, RunnerError

# Of each file that a tool leaves behind, at most so much is brought back.
LARGEST_FILE = 64 * 1024 * 1024

# How long we try to reach a host again whose connection dropped, and how often.
RECONNECT_S = 300.0
RECONNECT_PAUSE_S = 10.0

_OWN = ("stdout", "stderr", "before", "after", "cpu", "started", "finished", "session", "rc")
_CPU_TIME = re.compile(r"(\d+)m([\d.]+)s")


@dataclass(frozen=True)
class Reply:
    """What a command over the connection gave."""

    returncode: int
    stdout: str
    stderr: str


# Runs shell text on the host and waits for it. Raises HostLostError where there is no connection.
Execute = Callable[[str], Reply]


class PosixRunner:
    """Runs one benchmark step on a Linux host.

    Args:
        execute: carries shell text to the host.
        name: of the step's workspace; unique, e.g. the result's id.
        work_dir: folder on the host, may start with ``~/``.
        thresholds: of contamination; None to let everything count.
        python: interpreter on the host for the telemetry sampler; None for no telemetry.
        telemetry_interval_s: between two samples; None for no telemetry.
        lifetime_s: after so long the sampler ends by itself, whatever became of us.
        lease_s: it also ends after so long without a new repeat.
        cores: logical processors of the host.
    """

    def __init__(
        self,
        execute: Execute,
        *,
        name: str,
        work_dir: str,
        thresholds: contamination.Thresholds | None,
        python: str | None,
        telemetry_interval_s: float | None,
        lifetime_s: float,
        lease_s: float,
        cores: int,
    ) -> None:
        self._execute = execute
        self._name = name
        self._work_dir = work_dir
        self._thresholds = thresholds
        self._python = python
        self._interval_s = telemetry_interval_s
        self._lifetime_s = lifetime_s
        self._lease_s = lease_s
        self._cores = cores
        self._workspace: str | None = None

    @property
    def workspace(self) -> str:
        """Absolute path of the workspace on the host."""
        if self._workspace is None:
            raise RunnerError("no workspace on the host yet")
        return self._workspace

    @property
    def shared(self) -> str:
        """Absolute path of the folder that is kept over all repeats."""
        return f"{self.workspace}/shared"

    def open(self) -> None:
        """Make the workspace and start telemetry."""
        run = files("vttbench.measuring").joinpath("run.sh").read_bytes()
        base = home_path(self._work_dir)
        parts = [
            "umask 077",
            f"mkdir -p {base} && cd {base} && mkdir -p {self._name}/shared && cd {self._name}",
            shell.write_file("run.sh", run),
            shell.write_file("snapshot.sh", contamination.snapshot_command().encode()),
        ]
        if self._python and self._interval_s:
            sampler = files("vttbench.telemetry").joinpath("linux_sampler.py").read_bytes()
            parts += [
                shell.write_file("linux_sampler.py", sampler),
                f"setsid {self._sampler_command()} </dev/null >sampler.log 2>&1 &",
                "echo $! >sampler.pid",
            ]
        parts.append("pwd -P")
        # Joined by lines, not by &&: the sampler's line ends in a background job.
        output = self._ask("set -e\n" + "\n".join(parts), "make a workspace")
        self._workspace = output.strip().splitlines()[-1]

    def output_of(self, argv: Sequence[str], timeout_s: float) -> RawOutput:
        """Run a helper command in the shared folder and return what it left behind."""
        script = (
            f"cd {shlex.quote(self.shared)} && mkdir -p ../helper && "
            f"{{ timeout -k 10 {timeout_s:g} {shell.command(argv, self._known())} "
            ">../helper/stdout 2>../helper/stderr </dev/null; echo $? >../helper/rc; }; "
            f"cd ../helper && {shell.archive(('stdout', 'stderr', 'rc'), LARGEST_FILE)}"
        )
        found = _unpack(self._ask(script, f"run {argv[0]}"))
        return RawOutput(
            stdout=found.get("stdout", b""),
            stderr=found.get("stderr", b""),
            returncode=int(found.get("rc", b"99")),
        )

    def size_of(self, path: str) -> int | None:
        """Return the length of a file in bytes, None where it is not there."""
        quoted = shlex.quote(path)
        said = self._ask(f"[ ! -f {quoted} ] || wc -c <{quoted}", "look for a file").strip()
        return int(said) if said.isdigit() else None

    def repeat(
        self,
        index: int,
        argv: Sequence[str],
        environment: Mapping[str, str],
        artifacts: Sequence[str],
        timeout_s: float,
    ) -> Attempt:
        """Run the tool once in a fresh directory."""
        folder = f"repeat-{index:02d}"
        tool = shell.command(argv, self._known() | dict(environment))
        names = [*_OWN, *artifacts]
        # The folder is the proof that the tool was started: a connection plugin that sends the
        # command a second time (ssh retries) finds it and only waits.
        start = (
            f"cd {shlex.quote(self.workspace)} || exit 96\n"
            f"rm -rf repeat-{index - 1:02d}\n"
            f"if mkdir {folder} 2>/dev/null; then\n"
            f'setsid sh "$PWD/run.sh" "$PWD/{folder}" {timeout_s:g} {tool} '
            "</dev/null >/dev/null 2>&1 &\n"
            f"echo $! >run.pid\nwait $!\nfi\n"
        )
        collect = f"cd {shlex.quote(self.workspace)}/{folder} && " + shell.archive(
            names, LARGEST_FILE
        )
        wait = self._wait_script(folder)
        try:
            found = _unpack(self._ask(start + wait + collect, "run the tool"))
        except HostLostError as error:
            found = self._come_back(wait + collect, timeout_s, error)
        return self._attempt(found, artifacts, timeout_s)

    def telemetry(self) -> bytes:
        """Stop the sampler and return its lines."""
        if not (self._python and self._interval_s):
            return b""
        script = (
            f"cd {shlex.quote(self.workspace)} || exit 96\n{shell.end_session('sampler.pid')}\n"
            "rm -f sampler.pid\n" + shell.archive(("telemetry.jsonl",), LARGEST_FILE)
        )
        return _unpack(self._ask(script, "read the telemetry")).get("telemetry.jsonl", b"")

    def close(self) -> None:
        """End what still runs and remove the workspace."""
        if self._workspace is None:
            return
        script = (
            f"cd {shlex.quote(self._workspace)} 2>/dev/null || exit 0\n"
            f"{shell.end_session('run.pid')}\n{shell.end_session('sampler.pid')}\n"
            f"cd .. && rm -rf {shlex.quote(self._workspace)}"
        )
        try:
            self._ask(script, "clean up")
        except (HostLostError, RunnerError):
            # The tool has its own time limit there, and so has the sampler.
            return
        self._workspace = None

    def _sampler_command(self) -> str:
        options = {
            "--interval": self._interval_s,
            "--output": "telemetry.jsonl",
            "--max-seconds": round(self._lifetime_s),
            # Each repeat makes a folder in the workspace, which renews the lease; so the sampler
            # ends soon after a controller that was killed.
            "--lease": ".",
            "--lease-seconds": round(self._lease_s),
        }
        words = [f"{word}" for option in options.items() for word in option]
        # Isolated and without site: the host's packages only cost time.
        return shlex.join([self._python or "python3", "-I", "-S", "linux_sampler.py", *words])

    def _known(self) -> dict[str, str]:
        return {"VTTBENCH_SHARED": self.shared}

    def _ask(self, script: str, purpose: str) -> str:
        """Run shell text and return what it printed.

        Raises:
            HostLostError: no connection.
            RunnerError: the script failed or its end was not seen.
        """
        reply = self._execute(shell.framed(script))
        framed = shell.unframe(reply.stdout)
        if framed is None:
            raise RunnerError(
                f"could not {purpose}: exit status {reply.returncode}, "
                f"{_last_line(reply.stderr) or _last_line(reply.stdout) or 'no output'}"
            )
        output, status = framed
        if status:
            raise RunnerError(
                f"could not {purpose}: exit status {status}, "
                f"{_last_line(reply.stderr) or _last_line(output) or 'no output'}"
            )
        return output

    def _wait_script(self, folder: str) -> str:
        # At most a minute a request, with a look every five seconds: `kill` is a builtin, so only
        # `sleep` is started. In the usual case the file is there and nothing of this runs.
        return (
            "i=0; pid=$(cat run.pid 2>/dev/null); "
            f'while [ ! -e {folder}/rc ] && [ "$i" -lt 12 ] && kill -0 "$pid" 2>/dev/null; '
            "do sleep 5; i=$((i + 1)); done\n"
        )

    def _come_back(
        self, wait_and_collect: str, timeout_s: float, first: HostLostError
    ) -> dict[str, bytes]:
        """Reach the host again and go on waiting for a repeat that was under way."""
        script = f"cd {shlex.quote(self.workspace)} || exit 96\n" + wait_and_collect
        give_up = time.monotonic() + timeout_s + RECONNECT_S
        lost_since = time.monotonic()
        while time.monotonic() < give_up:
            try:
                found = _unpack(self._ask(script, "come back to the running tool"))
            except HostLostError as error:
                if time.monotonic() - lost_since > RECONNECT_S:
                    raise HostLostError(
                        f"{first}; tried again for {RECONNECT_S:.0f} s: {error}"
                    ) from error
                time.sleep(RECONNECT_PAUSE_S)
                continue
            lost_since = time.monotonic()
            if "rc" in found or "started" not in found:
                return found
        raise HostLostError(f"{first}; the tool had not ended long after its limit")

    def _attempt(
        self, found: Mapping[str, bytes], artifacts: Sequence[str], timeout_s: float
    ) -> Attempt:
        if "rc" not in found:
            raise RunnerError(
                "the tool and all that watched it were killed on the host (out of memory?)"
            )
        started, finished = float(found["started"]), float(found["finished"])
        duration_s = max(finished - started, 0.0)
        returncode = int(found["rc"])
        tool_cpu_s, harness_cpu_s = _cpu(found.get("cpu", b"").decode())
        before = contamination.parse_snapshot(found.get("before", b"").decode(errors="replace"))
        after = contamination.parse_snapshot(found.get("after", b"").decode(errors="replace"))
        disturbance = contamination.disturbance(
            before,
            after,
            tool_cpu_s=tool_cpu_s,
            harness_cpu_s=harness_cpu_s or 0.0,
            cores=self._cores,
        )
        reason = None
        if self._thresholds is not None:
            session = found.get("session", b"").strip()
            who = contamination.top_foreign(
                before, after, own_sessions={int(session)} if session else ()
            )
            reason = contamination.judge(disturbance, self._thresholds, who)
        kept = {name: found[name] for name in artifacts if name in found}
        kept |= {name: content for name, content in found.items() if name.endswith(".cut")}
        return Attempt(
            raw=RawOutput(
                stdout=found.get("stdout", b""),
                stderr=found.get("stderr", b""),
                returncode=returncode,
                files=kept,
            ),
            started_at=datetime.fromtimestamp(started, UTC),
            duration_s=duration_s,
            # 124: ended by `timeout`; 137: it had to kill. A tool may return either by itself.
            timed_out=returncode in (124, 137) and duration_s >= timeout_s - 0.5,
            tool_cpu_s=tool_cpu_s,
            harness_cpu_s=harness_cpu_s,
            disturbance=disturbance,
            contamination=reason,
        )


def _unpack(encoded: str) -> dict[str, bytes]:
    """Decode a base64 tar archive into name -> content.

    Raises:
        RunnerError: cut short or not an archive.
    """
    text = "".join(encoded.split())
    if not text:
        return {}
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(text, validate=True))) as archive:
            found = {}
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None:
                    found[member.name] = stream.read()
            return found
    except (binascii.Error, tarfile.TarError, ValueError) as error:
        raise RunnerError(f"what came back from the host is damaged: {error}") from error


def _cpu(text: str) -> tuple[float | None, float | None]:
    """Read three outputs of the shell's ``times``: CPU seconds of the tool, and of all else."""
    seconds = [int(minutes) * 60 + float(rest) for minutes, rest in _CPU_TIME.findall(text)]
    if len(seconds) != 12:
        return None, None
    shell_at, children_at = (
        [sum(seconds[i : i + 2]) for i in range(start, 12, 4)] for start in (0, 2)
    )
    tool = children_at[1] - children_at[0]
    return tool, shell_at[2] + children_at[2] - tool


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
