"""A step on a Windows host, over lines that break and hosts that sleep or restart.

What stands for the host here keeps jobs and files in memory and answers as Ansible's modules do.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from vttbench.hosts.contamination import Thresholds
from vttbench.measuring.runner import HostLostError, RunnerError
from vttbench.measuring.windows import COMMAND, RECONNECT_S, STATUS, WindowsRunner, looks

START = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
WORK = r"C:\ProgramData\vttbench\work\step"


class Laptop:
    """A Windows host; its clock is the one that the runner waits by."""

    def __init__(self, duration_s=5.0, stdout="9 MB/s\r\n", **result):
        self.now = 0.0
        self.duration_s, self.result = duration_s, {"rc": 0, "stdout": stdout, **result}
        self.jobs, self.ended, self.asked, self.looked = {}, [], [], []
        self.booted = START - timedelta(hours=1)
        self.files, self.listed = {}, {}
        self.lose = []  # what of the next calls is lost: "before" or "after" it was done
        self.environment = {}
        self.foreign_s = 0.0

    def pause(self, seconds):
        self.now += seconds

    def __call__(self, name, arguments, *, environment=None, limit_s=None, jobs=None):
        lost = self.lose.pop(0) if self.lose else None
        if lost == "before":
            raise HostLostError("Connection refused")
        answer = self.do(name, arguments, environment, jobs)
        if lost == "after":
            raise HostLostError("Read timed out")
        return answer

    def do(self, name, arguments, environment, jobs):
        if name == STATUS:
            return self.status(arguments["jid"])
        if jobs is not None:
            jid = f"j1.{4000 + 4 * len(self.jobs)}"
            self.jobs[jid] = {"began": self.now, "argv": arguments.get("argv"), "chdir": arguments}
            self.listed[jobs] = [jid]
            pid = int(jid.split(".")[1])
            self.files[f"{jobs}\\{jid}"] = json.dumps({"ansible_async_watchdog_pid": pid})
            self.environment = dict(environment or {})
            if self.result.get("no_answer"):
                return {"failed": True, "msg": "timeout while waiting for the async task to start"}
            return {"ansible_job_id": jid, "ansible_async_watchdog_pid": pid}
        if name == COMMAND:
            raise AssertionError("a tool must never depend on one open request")
        return {"output": [json.dumps(self.answer(json.loads(arguments["parameters"]["Request"])))]}

    def status(self, jid):
        self.looked.append(self.now)
        job = self.jobs[jid]
        watchdog = int(jid.split(".")[1])
        killed = watchdog in self.ended
        if self.now - job["began"] < self.duration_s and not killed:
            return {"started": True, "finished": False}
        ended = min(job["began"] + self.duration_s, self.now)
        times = {"start": self.stamp(job["began"]), "end": self.stamp(ended)}
        more = {"rc": 1, "failed": True} if killed else {}
        return {"finished": True, **self.result, **times, **more}

    @staticmethod
    def stamp(at):
        return (START + timedelta(seconds=at)).strftime("%Y-%m-%d %H:%M:%S.%f")

    def answer(self, ask):
        self.asked.append(ask)
        self.ended += [*ask.get("end", []), *ask.get("end_too", [])]
        now = (START + timedelta(seconds=self.now)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        booted = self.booted.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        process = {
            "ProcessId": 8, "ParentProcessId": 4, "Name": "Teams.exe", "CreationDate": "x",
            "KernelModeTime": 0, "UserModeTime": int(self.foreign_s * self.now * 1e7),
        }  # fmt: skip
        rows = {
            "processes": {"rows": [process]},
            "system": {"rows": [{"LastBootUpTime": booted}]},
        }
        return {
            "pid": 7,
            "now": now,
            "cim": rows if "cim" in ask else None,
            "list": self.listed.get(ask.get("list"), []),
            "files": {
                path: {"size": len(text), "base64": base64.b64encode(text.encode()).decode()}
                for path, text in self.files.items()
                if path in ask.get("files", [])
            },
        }


def runner_on(laptop, **changes):
    arguments = {
        "name": "step", "work_dir": "~/.cache/vttbench/work", "thresholds": Thresholds(),
        "telemetry_interval_s": None, "lifetime_s": 100.0, "lease_s": 100.0, "cores": 4,
        "pause": laptop.pause, "clock": lambda: laptop.now,
    } | changes  # fmt: skip
    runner = WindowsRunner(laptop, **arguments)
    runner.open()
    return runner


def repeat(runner, index=1, timeout_s=60.0, artifacts=()):
    return runner.repeat(index, ["C:\\t\\tool.exe", "a b"], {"X": "1"}, artifacts, timeout_s)


def test_a_repeat_runs_in_a_fresh_directory_and_brings_everything_back():
    laptop = Laptop(stderr="note\r\n")
    laptop.files[rf"{WORK}\repeat-02\out.json"] = "{}"
    runner = runner_on(laptop)
    repeat(runner)
    attempt = repeat(runner, 2, artifacts=["out.json", "missing.json"])
    made = [ask for ask in laptop.asked if str(ask.get("make", "")).endswith("repeat-02")]
    assert made[0]["remove"].endswith("repeat-01")
    assert attempt.raw.stdout == b"9 MB/s\r\n"
    assert attempt.raw.stderr == b"note\r\n"
    assert attempt.raw.files == {"out.json": b"{}"}
    assert attempt.duration_s == 5.0
    assert laptop.environment == {"VTTBENCH_SHARED": rf"{WORK}\shared", "X": "1"}


def test_the_first_repeat_tells_when_to_look_at_the_next_ones():
    laptop = Laptop(duration_s=40.0)
    runner = runner_on(laptop)
    repeat(runner)
    laptop.looked.clear()
    began = laptop.now
    repeat(runner, 2)
    assert [at - began for at in laptop.looked] == [40.5]


def test_looks_become_rare():
    unknown, known = looks(None), looks(100.0)
    assert [next(unknown) for _ in range(3)] == [1.0, 1.5, 2.25]
    assert max(next(unknown) for _ in range(50)) == 15.0
    assert [next(known) for _ in range(3)] == [100.5, 10.0, 10.0]


def test_a_tool_never_depends_on_one_open_request():
    laptop = Laptop(duration_s=3600.0)
    runner = runner_on(laptop)
    runner.output_of(["C:\\t\\tool.exe", "--version"], 4000.0)
    repeat(runner, timeout_s=4000.0)  # a tool that is not started as a job is an error there
    assert len(laptop.jobs) == 2


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_connection_that_drops_while_the_tool_runs_loses_nothing(lost):
    laptop = Laptop(duration_s=30.0)
    runner = runner_on(laptop)
    laptop.lose = [None, None, lost, "before", "before"]
    attempt = repeat(runner)
    assert attempt.raw.stdout == b"9 MB/s\r\n"
    assert attempt.duration_s == 30.0


def test_a_job_whose_start_was_never_confirmed_is_looked_for_and_not_started_twice():
    laptop = Laptop()
    runner = runner_on(laptop)
    laptop.lose = [None, "after"]
    assert repeat(runner).raw.stdout == b"9 MB/s\r\n"
    assert len(laptop.jobs) == 1


def test_a_loaded_host_that_starts_late_is_looked_at_before_it_is_called_failed():
    laptop = Laptop(no_answer=True)
    assert repeat(runner_on(laptop)).raw.stdout == b"9 MB/s\r\n"


def test_a_job_that_never_began_is_a_lost_host():
    laptop = Laptop()
    runner = runner_on(laptop)
    laptop.lose = [None, "before"]
    with pytest.raises(HostLostError):
        repeat(runner)


def test_a_host_that_stays_away_is_lost_after_some_minutes():
    laptop = Laptop(duration_s=1000.0)
    runner = runner_on(laptop)
    laptop.lose = [None, None, *["before"] * 200]
    with pytest.raises(HostLostError, match="tried again for 300 s"):
        repeat(runner, timeout_s=2000.0)
    assert laptop.now >= RECONNECT_S


def test_a_host_that_was_restarted_is_not_waited_for():
    laptop = Laptop(duration_s=1000.0)
    runner = runner_on(laptop)
    laptop.lose = [None, None, "before"]
    real_pause = laptop.pause

    def restart(seconds):
        real_pause(seconds)
        laptop.booted = START + timedelta(seconds=laptop.now)

    runner._pause = restart
    with pytest.raises(RunnerError, match="was restarted at"):
        repeat(runner, timeout_s=2000.0)


def test_a_tool_that_takes_too_long_is_ended_with_all_that_it_started():
    laptop = Laptop(duration_s=1000.0)
    attempt = repeat(runner_on(laptop), timeout_s=20.0)
    assert attempt.timed_out
    assert laptop.ended == [4000]
    assert attempt.raw.returncode == 124
    assert attempt.raw.stdout == b"9 MB/s\r\n"  # what it had said so far


def test_a_program_that_is_not_there_says_so_on_stderr():
    laptop = Laptop()
    laptop.result = {"rc": 2, "failed": True, "msg": "Failed to run: 'x': cannot find the file"}
    laptop.stamp = lambda at: None
    attempt = repeat(runner_on(laptop))
    assert attempt.raw.returncode == 2


def test_somebody_else_s_work_contaminates_a_repeat_and_has_a_name():
    laptop = Laptop(duration_s=10.0)
    laptop.foreign_s = 2.0
    attempt = repeat(runner_on(laptop))
    assert attempt.contamination is not None
    assert "Teams.exe" in attempt.contamination


def test_an_interruption_leaves_nothing_running_and_nothing_lying_about():
    laptop = Laptop(duration_s=1000.0)
    runner = runner_on(laptop)

    def interrupt(seconds):
        raise KeyboardInterrupt

    runner._pause = interrupt
    with pytest.raises(KeyboardInterrupt):
        repeat(runner)
    runner.close()
    last = laptop.asked[-1]
    assert last["end"] == last["end_too"] == [4000]
    assert last["erase"] == WORK


def test_closing_a_host_that_is_gone_raises_nothing():
    laptop = Laptop()
    runner = runner_on(laptop)
    laptop.lose = ["before"]
    runner.close()


def test_telemetry_is_begun_as_a_job_and_ended_by_a_file():
    laptop = Laptop()
    runner = runner_on(laptop, telemetry_interval_s=1.0)
    laptop.files[rf"{WORK}\telemetry.jsonl"] = '{"windows_sampler": 1, "interval_s": 2}\n'
    assert b"vttbench_sampler" in runner.telemetry()
    assert laptop.asked[-1]["write"] == {rf"{WORK}\stop": ""}
