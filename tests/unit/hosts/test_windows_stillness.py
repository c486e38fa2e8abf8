"""What is changed for the time of a run is put back, whatever happened in between."""

import json
from datetime import UTC, datetime

import pytest

from vttbench.hosts.windows import power
from vttbench.hosts.windows.stillness import BEFORE, PLANS, Wishes, hold, let_go

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
BALANCED, HIGH = PLANS["balanced"], PLANS["high"]


class Laptop:
    """A laptop with power plans, settings, a registry and files, behind win_powershell."""

    def __init__(self, plans=(BALANCED, HIGH)):
        self.plans, self.active = plans, BALANCED
        self.settings = {
            (plan, guid): value
            for plan in plans
            for guid, value in {power.STANDBY: 900, power.HIBERNATE: 0, power.LID: 1}.items()
        }
        self.registry = {}
        self.exclusions = []
        self.files = {}
        self.killed_after_writing = False

    def state(self):
        return (self.active, dict(self.settings), dict(self.registry), list(self.exclusions))

    def __call__(self, name, arguments):
        ask = json.loads(arguments["parameters"]["Request"])
        answer = self.hold(ask) if "powercfg.exe" in arguments["script"] else self.tell(ask)
        return {"output": [json.dumps(answer)]}

    def tell(self, ask):
        rows = {
            "plans": [
                {"InstanceID": f"x\\{{{p}}}", "ElementName": p, "IsActive": p == self.active}
                for p in self.plans
            ],
            "settings": [
                {"InstanceID": f"x\\{{{plan}}}\\AC\\{{{guid}}}", "SettingIndexValue": value}
                for (plan, guid), value in self.settings.items()
            ],
            "defender": [{"ExclusionPath": self.exclusions}],
        }
        import base64

        files = {
            path: {"size": len(text), "base64": base64.b64encode(text.encode()).decode()}
            for path, text in self.files.items()
            if path in ask.get("files", [])
        }
        return {"cim": {name: {"rows": each} for name, each in rows.items()}, "files": files}

    def hold(self, ask):
        read = {k: dict(self.registry.get(k, {})) for k in ask.get("read", {})}
        self.files |= ask.get("write", {})
        if self.killed_after_writing:
            raise KeyboardInterrupt
        for verb, *words in ask.get("powercfg", []):
            if verb == "/setactive":
                self.active = words[0]
            else:
                self.settings[words[0], words[2]] = int(words[3])
        for key, values in ask.get("registry", {}).items():
            there = self.registry.setdefault(key, {})
            there |= {n: v for n, v in values.items() if v is not None}
            for gone in [n for n, v in values.items() if v is None]:
                there.pop(gone, None)
            if not there:
                self.registry.pop(key)
        self.exclusions += ask.get("exclude", [])
        self.exclusions = [p for p in self.exclusions if p not in ask.get("include", [])]
        self.files.pop(ask.get("remove"), None)
        return {"registry": read, "failed": []}


EVERYTHING = Wishes(excluded=("C:\\ProgramData\\vttbench",))


def test_it_is_awake_and_undisturbed_and_afterwards_as_before():
    laptop = Laptop()
    before = laptop.state()
    hold(laptop, EVERYTHING, NOW)
    assert laptop.active == HIGH
    assert {v for (plan, _), v in laptop.settings.items() if plan == HIGH} == {0}
    assert "2026-11-26T14:00:00Z" in json.dumps(laptop.registry)
    assert laptop.exclusions == ["C:\\ProgramData\\vttbench"]
    let_go(laptop)
    assert laptop.state() == before
    assert laptop.files == {}


def test_a_run_that_was_killed_is_made_good_by_the_next_one():
    laptop = Laptop()
    before = laptop.state()
    hold(laptop, EVERYTHING, NOW)  # and then kill -9
    hold(laptop, EVERYTHING, NOW)
    let_go(laptop)
    assert laptop.state() == before


def test_what_was_there_is_written_down_before_anything_changes():
    laptop = Laptop()
    before = laptop.state()
    laptop.killed_after_writing = True
    with pytest.raises(KeyboardInterrupt):
        hold(laptop, Wishes(pause_updates=False), NOW)
    assert laptop.state() == before
    assert BEFORE in laptop.files


def test_a_laptop_that_has_only_one_plan_keeps_it():
    laptop = Laptop(plans=(BALANCED,))
    done = hold(laptop, Wishes(), NOW)
    assert laptop.active == BALANCED
    assert laptop.settings[BALANCED, power.STANDBY] == 0
    assert "does not sleep" in done.changed[0]


def test_updates_that_somebody_paused_stay_as_he_paused_them():
    laptop = Laptop()
    key = r"HKLM:\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings"
    laptop.registry[key] = {"PauseUpdatesExpiryTime": "2027-01-01T00:00:00Z"}
    before = laptop.state()
    hold(laptop, Wishes(power_plan="keep", keep_awake=False), NOW)
    assert laptop.state() == before
    assert laptop.files == {}


def test_a_folder_that_was_left_alone_before_stays_so_afterwards():
    laptop = Laptop()
    laptop.exclusions = ["C:\\ProgramData\\vttbench"]
    hold(laptop, EVERYTHING, NOW)
    let_go(laptop)
    assert laptop.exclusions == ["C:\\ProgramData\\vttbench"]


def test_letting_go_of_what_nobody_holds_changes_nothing():
    laptop = Laptop()
    before = laptop.state()
    assert let_go(laptop).changed == ()
    assert laptop.state() == before
