"""Keeping a Windows host awake and undisturbed while it is measured, and putting all of it back.

What was there before is written to a file on the host before anything is changed. Should the run be
killed, the next one finds the file and puts back what it says, not what the killed run had set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vttbench.hosts.windows import power
from vttbench.hosts.windows.cim import Answers, rows_of
from vttbench.hosts.windows.description import QUERIES as DESCRIPTION
from vttbench.hosts.windows.description import defender_exclusions
from vttbench.hosts.windows.host import RunModule, WindowsHostError, ask, run_script, said
from vttbench.hosts.windows.paths import DATA, join

BEFORE = join(DATA, "before-the-run.json")
"""File on the host that says what has to be put back."""

PLANS = {
    "high": "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c",
    "ultimate": "e9a42b02-d5df-448d-aa00-03f14749eb61",
    "balanced": "381b4222-f694-41f0-9685-ff5bb260df2e",
}

_SLEEP, _BUTTONS = "238c9fa8-0aad-41ed-83f4-97be242c8f20", "4f971e89-eebd-4455-a8de-9e59040e7347"
_KEPT_AWAKE = ((_SLEEP, power.STANDBY), (_SLEEP, power.HIBERNATE), (_BUTTONS, power.LID))

_UPDATE = r"HKLM:\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings"
# What the button "Pause updates" of the settings writes.
_PAUSE_FROM = (
    "PauseUpdatesStartTime",
    "PauseFeatureUpdatesStartTime",
    "PauseQualityUpdatesStartTime",
)
_PAUSE_UNTIL = (
    "PauseUpdatesExpiryTime",
    "PauseFeatureUpdatesEndTime",
    "PauseQualityUpdatesEndTime",
)


@dataclass(frozen=True)
class Wishes:
    """What is wanted while a host is measured.

    Attributes:
        power_plan: ``high``, ``ultimate``, ``balanced`` or ``keep``.
        keep_awake: neither sleep nor hibernation, also with the lid closed.
        pause_updates: pause Windows Update for a day at most.
        excluded: folders that Defender leaves alone.
    """

    power_plan: str = "high"
    keep_awake: bool = True
    pause_updates: bool = True
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """What was changed, in words, and what could not be."""

    changed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def hold(run: RunModule, wishes: Wishes, now: datetime | None = None) -> Done:
    """Change what is wished; remember on the host what was there before.

    Raises:
        WindowsHostError: the host could not say what is set, so nothing was changed.
    """
    queries = (*power.QUERIES, *(query for query in DESCRIPTION if query.name == "defender"))
    answer = ask(run, queries=queries, files=[BEFORE])
    plan = power.active_plan(answer.cim)
    if plan is None:
        raise WindowsHostError("the host does not tell its power plan")
    if BEFORE in answer.files:  # of a run that was killed
        before = json.loads(answer.files[BEFORE])
        _change(run, _back(before))
        answer = ask(run, queries=queries)
        plan = power.active_plan(answer.cim) or plan
    wanted = _plan_of(answer.cim, wishes.power_plan, plan.guid)
    request: dict[str, Any] = {}
    before = {"plan": plan.guid, "settings": [], "registry": {}, "excluded": []}
    changed = []
    if wishes.keep_awake:
        before["settings"], request["powercfg"] = _awake(answer.cim, wanted)
        if request["powercfg"]:
            changed.append("it does not sleep, also with the lid closed")
    if wanted != plan.guid:
        changed.append(f"power plan {power.PLANS.get(wanted, wanted)} instead of {plan.title}")
    if wanted != plan.guid or request.get("powercfg"):
        # A changed value counts from when its plan is made the active one, again.
        request.setdefault("powercfg", []).append(["/setactive", wanted])
    if wishes.pause_updates:
        now = now or datetime.now(UTC)
        found = _change(run, {"read": {_UPDATE: [*_PAUSE_FROM, *_PAUSE_UNTIL]}}).registry
        there = found.get(_UPDATE) or {}
        if str(there.get("PauseUpdatesExpiryTime") or "") < _stamp(now):
            before["registry"] = {
                _UPDATE: {name: there.get(name) for name in (*_PAUSE_FROM, *_PAUSE_UNTIL)}
            }
            values = dict.fromkeys(_PAUSE_FROM, _stamp(now))
            values |= dict.fromkeys(_PAUSE_UNTIL, _stamp(now + timedelta(days=1)))
            request["registry"] = {_UPDATE: values}
            changed.append("Windows Update is paused for a day at most")
    already = defender_exclusions(answer.cim) or []
    if new := [folder for folder in wishes.excluded if folder not in already]:
        before["excluded"] = request["exclude"] = new
        changed.append(f"Defender leaves {', '.join(new)} alone")
    if not request:
        return Done()
    failed = _change(run, {"write": {BEFORE: json.dumps(before)}, **request}).failed
    return Done(tuple(changed), failed)


def let_go(run: RunModule) -> Done:
    """Put back what :func:`hold` changed; nothing where nothing was.

    Raises:
        WindowsHostError: the host could not be asked.
    """
    content = ask(run, files=[BEFORE]).files.get(BEFORE)
    if content is None:
        return Done()
    try:
        before = json.loads(content)
    except ValueError as error:
        raise WindowsHostError(f"{BEFORE} can't be read: {error}") from error
    failed = _change(run, _back(before)).failed
    return Done((f"as before the run, with power plan {_title(before['plan'])}",), failed)


@dataclass(frozen=True)
class _Changed:
    registry: Mapping[str, Mapping[str, str]]
    failed: tuple[str, ...]


def _change(run: RunModule, request: Mapping[str, Any]) -> _Changed:
    data = said(run_script(run, "hold.ps1", Request=json.dumps(request)))
    if not isinstance(data, dict):
        raise WindowsHostError("the host did not say what it changed")
    failed = tuple(" ".join(str(line).split()) for line in rows_of(data.get("failed")))
    return _Changed(data.get("registry") or {}, failed)


def _back(before: Mapping[str, Any]) -> dict[str, Any]:
    commands = [["/setacvalueindex", *setting] for setting in before.get("settings") or []]
    return {
        "powercfg": [*commands, ["/setactive", before["plan"]]],
        "registry": before.get("registry") or {},
        "include": before.get("excluded") or [],
        "remove": BEFORE,
    }


def _awake(found: Answers, plan: str) -> tuple[list[list[str]], list[list[str]]]:
    """Return settings as they are, and the words that switch sleeping off; both only where on."""
    before, commands = [], []
    for group, setting in _KEPT_AWAKE:
        value = power.setting(found, setting, plan=plan)
        if value:
            before.append([plan, group, setting, str(value)])
            commands.append(["/setacvalueindex", plan, group, setting, "0"])
    return before, commands


def _plan_of(found: Answers, name: str, active: str) -> str:
    wanted = PLANS.get(name, active)
    there = any(wanted in str(row.get("InstanceID")).lower() for row in found.rows("plans"))
    return wanted if there else active


def _title(guid: str) -> str:
    return power.PLANS.get(guid, guid)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
