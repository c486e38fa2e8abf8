"""benchmark.yml on an emulated laptop: a real Windows program, a document, a host as before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.emulated_windows.machine.power import BALANCED, Source

pytestmark = pytest.mark.usefixtures("with_wine")

ROOT = Path(__file__).parents[3]
# Two repeats, disturbed or not: this is no benchmark of the machine that tests run on.
SETTINGS = {
    "measure_limits": {"warmup": 0, "min_repeats": 2, "max_repeats": 2, "budget_s": 300},
    "measure_contamination_thresholds": {"foreign_cpu_cores": 100},
    "preflight_idle_wait": 0,
    "profile": "quick",
    "benchmark_sevenzip_settings": {
        name: {"passes": 1, "dictionary": 18} for name in ("quick", "standard")
    },
}


@pytest.fixture
def measure(ansible, sevenzip, tmp_path):
    """Run ``benchmark.yml`` against the laptop; the results go to the test's own folder."""

    def run(**changes):
        variables = SETTINGS | {
            "windows_client_tools": {"sevenzip": sevenzip},
            "results_dir": str(tmp_path / "results"),
            "state_dir": str(tmp_path / "state"),
        }
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "benchmark.yml",
                "--tags",
                "sevenzip",
                "-e",
                json.dumps(variables | changes),
            ],
            cwd=ROOT,
            # Its ANSIBLE_INVENTORY names the emulated laptop and nothing else.
            env=ansible.environment()
            | {
                "ANSIBLE_INVENTORY": str(ansible.inventory),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        documents = sorted((tmp_path / "results" / "windows" / "laptop").glob("*.json"))
        found = [json.loads(document.read_text()) for document in documents]
        return done.returncode, done.stdout + done.stderr, found

    return run


def test_a_real_windows_program_is_measured_and_the_host_is_left_as_it_was(measure, laptop):
    before = json.dumps(laptop.machine.power.settings[BALANCED.guid].__repr__())
    status, output, documents = measure()
    assert status == 0, output
    (document,) = documents
    assert document["status"] in ("ok", "unstable")
    assert document["host"]["os_family"] == "windows"
    assert document["benchmark"]["command"][0] == r"C:\Program Files\7-Zip\7z.exe"
    assert document["benchmark"]["tool"] == "7z"
    assert [repeat["returncode"] for repeat in document["repeats"]] == [0, 0]
    assert {metric["name"] for metric in document["metrics"]} >= {"total_mips"}
    # While it was measured it was awake, by the plan that it says; and now as before.
    assert document["host"]["power_profile"] == "High performance"
    assert {check["name"]: check["status"] for check in document["preflight"]}["sleep"] == "ok"
    machine = laptop.machine
    assert machine.power.plan == BALANCED
    assert json.dumps(machine.power.settings[BALANCED.guid].__repr__()) == before
    data = machine.drive.real(r"C:\ProgramData\vttbench")
    assert list((data / "work").iterdir()) == []
    assert not (data / "lock").exists()
    assert not (data / "before-the-run.json").exists()
    assert machine.processes.programs() == []
    assert machine.journal.events("refused") == []


def test_a_laptop_on_battery_is_not_measured_and_the_reason_is_kept(measure, laptop):
    laptop.machine.power.source = Source.BATTERY
    try:
        status, output, documents = measure(profile="standard")
    finally:
        laptop.machine.power.source = Source.MAINS
    assert status != 0
    assert "plug it in" in output
    assert all(document["status"] == "failed" for document in documents)
    assert laptop.machine.power.plan == BALANCED


@pytest.mark.thorough
def test_another_run_on_the_same_host_has_to_wait(measure, laptop):
    place = laptop.machine.drive.real(r"C:\ProgramData\vttbench\lock")
    place.parent.mkdir(parents=True, exist_ok=True)
    boot = int(laptop.machine.booted_at)
    place.write_text(
        "id=elsewhere:1:1:zbook\nttl=21600\ncontroller=elsewhere\ncontroller_boot=x\n"
        f"controller_pid=1\ncontroller_started=1\nuser=ada\nhost=zbook\nboot={boot}\n"
        "time=99999999999\n"
    )
    try:
        status, output, documents = measure()
        assert place.read_text().startswith("id=elsewhere")
    finally:
        place.unlink()
    assert status != 0
    assert "ada on elsewhere" in output
    assert documents == []
