"""What a Windows host did between two moments."""

from datetime import UTC, datetime, timedelta

import pytest

from vttbench.hosts.windows.cim import Answers
from vttbench.hosts.windows.snapshot import TICKS, snapshot_of, span

START = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
BOOT = "2026-11-25T08:00:00.0000000Z"
CORES = 4


def process(pid, name, cpu_s, parent=4, created="2026-11-25T09:00:00.0000000Z"):
    return {
        "ProcessId": pid, "ParentProcessId": parent, "Name": name, "CreationDate": created,
        "KernelModeTime": 0, "UserModeTime": int(cpu_s * TICKS),
    }  # fmt: skip


def snapshot(at_s, processes=(), busy=None, awake=None, boot=BOOT):
    rows = {"processes": list(processes), "system": [{"LastBootUpTime": boot}]}
    if busy is not None:
        awake = at_s if awake is None else awake
        mean = busy / CORES
        rows["processor"] = [
            {
                "PercentIdleTime": int((1000 + awake - mean) * TICKS),
                "PercentUserTime": int((500 + mean) * TICKS),
                "PercentPrivilegedTime": 0,
            }
        ]
    return snapshot_of(Answers(rows), START + timedelta(seconds=at_s))


def between(before, after, **more):
    found = span(before, after, cores=CORES, **more)
    assert found is not None
    return found


def test_what_somebody_else_used_is_foreign_and_has_a_name():
    found = between(
        snapshot(0, [process(8, "Teams.exe", 100), process(12, "svchost.exe", 5)]),
        snapshot(10, [process(8, "Teams.exe", 115), process(12, "svchost.exe", 5.5)]),
    )
    assert found.disturbance["foreign_cpu_s"] == pytest.approx(15.5)
    assert found.disturbance["foreign_cpu_cores"] == pytest.approx(1.55)
    assert found.culprit is not None
    assert "Teams.exe" in str(found.culprit)


def test_kernel_work_is_not_foreign_as_a_tool_causes_it():
    found = between(
        snapshot(0, [process(4, "System", 0), process(20, "Memory Compression", 0)]),
        snapshot(10, [process(4, "System", 8), process(20, "Memory Compression", 2)]),
    )
    assert found.disturbance["foreign_cpu_s"] == 0
    assert found.disturbance["kernel_cpu_percent"] == pytest.approx(25.0)


def test_what_carries_our_questions_is_ours():
    found = between(
        snapshot(0, [process(30, "WmiPrvSE.exe", 1), process(40, "powershell.exe", 1)]),
        snapshot(
            10,
            [
                process(30, "WmiPrvSE.exe", 2),
                process(40, "powershell.exe", 2),
                process(44, "conhost.exe", 1, parent=40),
            ],
        ),
        own_pids=(40,),
    )
    assert found.disturbance["foreign_cpu_s"] == 0
    assert found.harness_cpu_s == pytest.approx(3.0)


def test_a_process_id_that_is_used_again_is_another_process():
    found = between(
        snapshot(0, [process(8, "old.exe", 500)]),
        snapshot(10, [process(8, "new.exe", 2, created="2026-11-25T14:00:05.0000000Z")]),
    )
    assert found.disturbance["foreign_cpu_s"] == pytest.approx(2.0)


def test_the_tool_used_what_nobody_else_accounts_for():
    found = between(
        snapshot(0, [process(8, "Teams.exe", 0)], busy=0),
        snapshot(10, [process(8, "Teams.exe", 2)], busy=38),
    )
    assert found.tool_cpu_s == pytest.approx(36.0, abs=0.1)
    assert found.slept_s == 0


def test_a_machine_that_slept_is_found_out():
    found = between(snapshot(0, busy=0), snapshot(600, busy=40, awake=20))
    assert found.slept_s == pytest.approx(580, abs=1)


def test_a_machine_that_worked_hard_did_not_sleep():
    assert between(snapshot(0, busy=0), snapshot(600, busy=2400)).slept_s == 0


def test_a_restart_is_found_out():
    found = between(snapshot(0), snapshot(300, boot="2026-11-25T14:03:00.0000000Z"))
    assert found.restarted
    assert not between(snapshot(0), snapshot(300)).restarted


def test_a_host_that_tells_nothing_disturbs_nothing():
    assert between(snapshot(0), snapshot(10)).tool_cpu_s is None
    assert span(snapshot(10), snapshot(10), cores=CORES) is None
