"""What counts as a disturbed repeat, and that a real busy process is seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from vttbench.hosts.contamination import (
    ForeignProcess,
    Thresholds,
    disturbance,
    judge,
    thresholds_for,
    top_foreign,
)
from vttbench.hosts.snapshot import Process, Snapshot, parse_snapshot, snapshot_command

QUIET = Snapshot(
    uptime_s=1000.0,
    busy_s=500.0,
    interrupt_s=10.0,
    steal_s=2.0,
    total_s=4000.0,
    load_1min=0.1,
    stalled_s={"cpu": 1.0, "io": 1.0, "memory": 1.0},
    swap_pages=(10, 10),
)


def later(seconds: float = 10.0, cores: int = 4, **changes: object) -> Snapshot:
    base = replace(
        QUIET, uptime_s=QUIET.uptime_s + seconds, total_s=QUIET.total_s + cores * seconds
    )
    return replace(base, **changes)


def process(pid: int, own: float, **changes: object) -> Process:
    base = Process(pid, f"p{pid}", pid, False, own, 0.0, 77)
    return replace(base, **changes)


def listed(*processes: Process) -> dict[tuple[int, int], Process]:
    return {(p.pid, p.started_ticks): p for p in processes}


def snapshot_of_this_machine() -> Snapshot:
    run = subprocess.run(["sh", "-c", snapshot_command()], capture_output=True, text=True)
    assert run.stderr == ""
    return parse_snapshot(run.stdout)


def test_another_process_on_half_a_core_contaminates():
    values = disturbance(QUIET, later(busy_s=545.0), tool_cpu_s=40.0)
    assert values["foreign_cpu_cores"] == pytest.approx(0.5)
    assert values["foreign_cpu_percent"] == pytest.approx(12.5)
    assert "0.50 cores" in judge(values, Thresholds())


def test_half_a_core_contaminates_on_a_machine_of_many_cores_too():
    values = disturbance(QUIET, later(cores=128, busy_s=545.0), tool_cpu_s=40.0)
    assert values["foreign_cpu_percent"] < 0.5
    assert judge(values, Thresholds()) is not None


@pytest.mark.parametrize("cores", [None, 1, 4])
def test_shares_are_of_all_cores_also_where_the_caller_knows_of_fewer(cores):
    values = disturbance(QUIET, later(busy_s=545.0), tool_cpu_s=40.0, cores=cores)
    assert values["foreign_cpu_percent"] == pytest.approx(12.5)


def test_the_housekeeping_of_a_quiet_machine_does_not_contaminate():
    values = disturbance(QUIET, later(busy_s=541.0, steal_s=2.4), tool_cpu_s=40.0)
    assert judge(values, thresholds_for(tool_does_io=False)) is None


def test_what_tool_and_harness_used_is_not_foreign():
    values = disturbance(QUIET, later(busy_s=540.5), tool_cpu_s=40.0, harness_cpu_s=0.5)
    assert values["foreign_cpu_s"] == 0


def test_rounding_of_clock_ticks_does_not_contaminate_a_very_short_repeat():
    values = disturbance(QUIET, later(0.1, busy_s=500.15), tool_cpu_s=0.1)
    assert values["foreign_cpu_cores"] > 0.25
    assert judge(values, Thresholds()) is None


def test_interrupts_and_kernel_threads_are_not_foreign_because_tools_cause_them():
    before = replace(QUIET, processes=listed(process(2, 5.0, kernel=True)))
    after = later(busy_s=548.0, interrupt_s=15.0, processes=listed(process(2, 13.0, kernel=True)))
    values = disturbance(before, after, tool_cpu_s=40.0)
    assert values["foreign_cpu_s"] == 0
    assert values["kernel_cpu_percent"] == pytest.approx(100 * (8 + 5) / 40)


def test_without_the_tools_cpu_time_foreign_cpu_is_absent_and_not_zero():
    values = disturbance(QUIET, later(busy_s=545.0), tool_cpu_s=None)
    assert not [name for name in values if name.startswith("foreign")]


def test_a_tool_with_more_threads_than_cores_does_not_contaminate_itself():
    after = later(busy_s=540.0, stalled_s={"cpu": 11.0, "io": 1.0, "memory": 1.0})
    values = disturbance(QUIET, after, tool_cpu_s=40.0)
    assert values["psi_cpu_percent"] == 100
    assert judge(values, thresholds_for(tool_does_io=False)) is None


def test_steal_is_measured_against_the_time_the_machine_wanted():
    # One thread of four cores wanted to run all the time and was robbed of a tenth.
    values = disturbance(QUIET, later(busy_s=509.0, steal_s=3.0), tool_cpu_s=9.0)
    assert values["steal_percent"] == pytest.approx(10.0)
    assert "hypervisor" in judge(values, Thresholds())


def test_waiting_for_memory_and_swapping_contaminate():
    after = later(busy_s=540.0, stalled_s={"memory": 2.0}, swap_pages=(2000, 2000))
    values = disturbance(QUIET, after, tool_cpu_s=40.0)
    reason = judge(values, Thresholds())
    assert "memory was short for 10.0 %" in reason
    assert "3980 pages were swapped" in reason


def test_waiting_for_a_disk_contaminates_only_tools_that_do_no_io():
    after = later(busy_s=540.0, stalled_s={"io": 6.0})
    values = disturbance(QUIET, after, tool_cpu_s=40.0)
    assert "disk" in judge(values, thresholds_for(tool_does_io=False))
    assert judge(values, thresholds_for(tool_does_io=True)) is None


def test_a_sign_can_be_recorded_and_not_judged():
    values = disturbance(QUIET, later(busy_s=545.0), tool_cpu_s=40.0)
    assert judge(values, Thresholds(foreign_cpu_cores=None)) is None


def test_the_reason_names_the_culprit():
    values = disturbance(QUIET, later(busy_s=545.0), tool_cpu_s=40.0)
    reason = judge(values, Thresholds(), ForeignProcess(4711, "ffmpeg", 4.9))
    assert "ffmpeg (pid 4711, 4.9 CPU s)" in reason


def test_a_kernel_without_pressure_information_is_judged_by_the_rest():
    bare = replace(QUIET, stalled_s={}, swap_pages=None)
    values = disturbance(bare, later(busy_s=545.0, stalled_s={}, swap_pages=None), tool_cpu_s=40.0)
    assert not [name for name in values if name.startswith(("psi", "swap"))]
    assert judge(values, Thresholds()) is not None


@pytest.mark.parametrize("after", [Snapshot(), later(seconds=-990.0), QUIET])
def test_snapshots_that_span_no_time_say_nothing(after):
    assert disturbance(QUIET, after, tool_cpu_s=1.0) == {}


def test_top_foreign_leaves_out_the_tools_session_our_processes_and_the_kernel():
    before = replace(QUIET, processes=listed(process(9, 100.0)))
    after = later(
        processes=listed(
            process(1, 50.0, session=500),
            process(2, 40.0),
            process(3, 30.0, kernel=True),
            process(4, 3.0, name="foreign one"),
            process(9, 101.0),
        )
    )
    top = top_foreign(before, after, own_sessions={500}, own_pids={2})
    assert top == ForeignProcess(4, "foreign one", 3.0)


def test_short_lived_processes_are_seen_through_their_parent():
    before = replace(QUIET, processes=listed(process(4, 1.0, name="make", children_cpu_s=5.0)))
    children = process(4, 1.1, name="make", children_cpu_s=9.0)
    after = later(busy_s=505.0, processes=listed(children))
    assert str(top_foreign(before, after)) == "children of make (pid 4, 4.0 CPU s)"


def test_what_a_child_had_used_before_is_not_held_against_its_parent():
    before = replace(QUIET, processes=listed(process(4, 1.0, name="bash", children_cpu_s=5.0)))
    after = later(busy_s=502.0, processes=listed(process(4, 1.1, children_cpu_s=900.0)))
    assert top_foreign(before, after).cpu_s == pytest.approx(0.1)


def test_a_reused_process_id_is_another_process():
    before = replace(QUIET, processes=listed(process(4, 90.0)))
    after = later(processes=listed(process(4, 2.0, started_ticks=99)))
    assert top_foreign(before, after) == ForeignProcess(4, "p4", 2.0)


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "==> /proc/stat <==\ncpu  1 x 3\n==> /proc/uptime <==\n\n", "cpu 1 2 3 4"],
)
def test_a_broken_snapshot_is_absent_and_no_error(text):
    snapshot = parse_snapshot(text)
    assert snapshot.busy_s is None
    assert disturbance(QUIET, snapshot, 1.0) == {}


def test_counters_are_read_in_seconds_and_idle_time_is_not_busy():
    snapshot = parse_snapshot(
        "==> /proc/uptime <==\n12.5 9\n"
        "==> /proc/stat <==\ncpu  100 200 300 4000 50 6 7 8 90 90\ncpu0 1 1 1 1\n"
        "==> /proc/pressure/io <==\nsome avg10=0.00 avg60=0.1 avg300=0.2 total=1500000\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
        "==> /proc/vmstat <==\npswpin 3\npswpout 4\n"
    )
    assert (snapshot.uptime_s, snapshot.busy_s, snapshot.interrupt_s) == (12.5, 6.0, 0.13)
    assert (snapshot.steal_s, snapshot.total_s) == (0.08, pytest.approx(46.71))
    assert snapshot.stalled_s == {"io": 1.5}
    assert snapshot.swap_pages == (3, 4)


@pytest.mark.parametrize("length", range(0, 4000, 171))
def test_a_truncated_snapshot_of_this_machine_is_no_error(length):
    text = subprocess.run(["sh", "-c", snapshot_command()], capture_output=True, text=True).stdout
    parse_snapshot(text[:length])


def test_names_of_processes_may_hold_brackets_and_spaces():
    line = "7 (a) (b c) S 1 7 7 0 -1 4194304 1 2 3 4 150 50 20 10 20 0 1 0 4242 1 1"
    snapshot = parse_snapshot(f"==> processes <==\n{line}\n")
    assert snapshot.processes[7, 4242] == Process(7, "a) (b c", 7, False, 2.0, 0.3, 4242)


BURN = (
    "import time, sys\n"
    "while time.process_time() < 1.5: pass\n"
    "print('done', flush=True); sys.stdin.read()"
)


def test_a_real_busy_process_is_seen_counted_and_named():
    # Other load on this machine may add to what is seen, never take from it.
    before = snapshot_of_this_machine()
    burner = subprocess.Popen(
        [sys.executable, "-S", "-c", BURN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert burner.stdout.readline() == b"done\n"
    after = snapshot_of_this_machine()
    burner.communicate()

    beside_a_sleeping_tool = disturbance(before, after, tool_cpu_s=0.0)
    as_the_tool = disturbance(before, after, tool_cpu_s=1.5)
    assert beside_a_sleeping_tool["foreign_cpu_s"] > 1.0
    assert as_the_tool["foreign_cpu_s"] < beside_a_sleeping_tool["foreign_cpu_s"]

    mine = {key: p for key, p in after.processes.items() if p.session == burner.pid}
    assert top_foreign(before, replace(after, processes=mine)).pid == burner.pid
    everybody = top_foreign(before, after, own_sessions={burner.pid})
    assert everybody is None or everybody.pid != burner.pid
