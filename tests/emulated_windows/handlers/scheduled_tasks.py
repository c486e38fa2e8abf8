"""Scheduled tasks and sessions: what lets a program appear on the user's screen, and what doesn't.

Rules that people trip over, as Microsoft documents them for the Task Scheduler: a task with
``interactive_token`` runs only while its user is logged on; with the defaults it neither starts on
battery nor survives a change to it (its state stays Queued); nothing starts by being made.
"""

from __future__ import annotations

import threading
from typing import Any

from .. import programs
from ..machine.power import Source
from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module
from ..programs import Program, program
from ..wine import Done

_READY, _QUEUED, _RUNNING = "TASK_STATE_READY", "TASK_STATE_QUEUED", "TASK_STATE_RUNNING"
_NUMBERS = {_QUEUED: 2, _READY: 3, _RUNNING: 4}


def _full_name(path: str, name: str) -> str:
    return (path.rstrip("\\") + "\\" + name).lower()


@module("community.windows.win_scheduled_task")
def win_scheduled_task(machine: Machine, call: Call) -> dict[str, Any]:
    """Make, change or remove a task."""
    tasks, name = machine.settings.tasks, _full_name(call.args["path"], call.args["name"])
    task = tasks.get(name)
    if call.args["state"] == "absent":
        if not call.check:
            tasks.pop(name, None)
        return {"changed": task is not None}
    if task is None and not call.args["actions"]:
        raise ModuleFailed("cannot create a task with no actions, set at least one action")
    if call.args["logon_type"] == "password" and not call.args["password"]:
        raise ModuleFailed("password must be set when logon_type=password")
    definition = {k: v for k, v in call.args.items() if v is not None and not k.startswith("_")}
    changed = task is None or task["definition"] != definition
    if changed and not call.check:
        tasks[name] = {"definition": definition, "state": _READY, "last_result": 267_011}
    return {"changed": changed}


@module("community.windows.win_scheduled_task_stat")
def win_scheduled_task_stat(machine: Machine, call: Call) -> dict[str, Any]:
    """Look at a task."""
    folder = call.args["path"].rstrip("\\").lower() + "\\"
    names = [n for n in machine.settings.tasks if n.startswith(folder)]
    result: dict[str, Any] = {
        "folder_exists": True,
        "folder_task_count": len(names),
        "folder_task_names": [machine.settings.tasks[n]["definition"]["name"] for n in names],
    }
    if call.args["name"] is None:
        return result
    task = machine.settings.tasks.get(_full_name(call.args["path"], call.args["name"]))
    if task is None:
        return {**result, "task_exists": False}
    definition = task["definition"]
    return {
        **result,
        "task_exists": True,
        "actions": definition.get("actions", []),
        "principal": {
            "user_id": definition.get("username"),
            "logon_type": f"TASK_LOGON_{str(definition.get('logon_type')).upper()}",
            "run_level": f"TASK_RUNLEVEL_{str(definition.get('run_level')).upper()}",
        },
        "settings": definition,
        "state": {
            "status": task["state"],
            "last_task_result": task["last_result"],
            "number": _NUMBERS[task["state"]],
        },
    }


@program("schtasks")
def schtasks(machine: Machine, wanted: Program) -> Done:
    """Run, end, delete or query a task."""
    words = wanted.argv[1:]
    lower = [word.lower() for word in words]
    if "/tn" not in lower:
        return Done(1, b"", b"ERROR: Invalid syntax. Mandatory option '/tn' is missing.\r\n")
    name = words[lower.index("/tn") + 1]
    full = _full_name("\\", name.lstrip("\\"))
    task = machine.settings.tasks.get(full)
    if task is None:
        return Done(1, b"", b"ERROR: The system cannot find the file specified.\r\n")
    if "/run" in lower:
        _start(machine, task)
        return Done(0, f'SUCCESS: Attempted to run the scheduled task "{name}".\r\n'.encode())
    if "/end" in lower:
        task.get("stop", threading.Event()).set()
        return Done(0, b"SUCCESS: The scheduled task has been terminated.\r\n")
    if "/delete" in lower:
        del machine.settings.tasks[full]
        return Done(0, f'SUCCESS: The scheduled task "{name}" was deleted.\r\n'.encode())
    state = {_READY: "Ready", _QUEUED: "Queued", _RUNNING: "Running"}[task["state"]]
    return Done(0, f"TaskName: \\{name}\r\nStatus: {state}\r\n".encode())


def _start(machine: Machine, task: dict[str, Any]) -> None:
    definition = task["definition"]
    on_battery = machine.power.source is Source.BATTERY
    interactive = definition.get("logon_type") == "interactive_token"
    user = str(definition.get("username") or machine.user).rsplit("\\", 1)[-1]
    if on_battery and definition.get("disallow_start_if_on_batteries", True):
        task["state"] = _QUEUED
        machine.journal.note("task queued", task=definition["name"], why="on battery")
        return
    if interactive and (machine.console_user or "").lower() != user.lower():
        # ERROR_NO_SUCH_LOGON_SESSION, 0x80070520: nobody is logged on.
        task["last_result"] = 2_147_943_712
        machine.journal.note("task not started", task=definition["name"], why="no console user")
        return
    task["state"], task["stop"] = _RUNNING, threading.Event()
    threading.Thread(
        target=_work, args=(machine, task, 1 if interactive else 0), daemon=True, name="task"
    ).start()


def _work(machine: Machine, task: dict[str, Any], session: int) -> None:
    result = 0
    for action in task["definition"]["actions"]:
        line = f'"{action["path"]}" {action.get("arguments") or ""}'.strip()
        try:
            done = programs.run(
                machine,
                Program(
                    line=line,
                    folder=action.get("working_directory") or "C:\\Windows\\System32",
                    session=session,
                    cancelled=task["stop"],
                ),
            )
            result = done.returncode
        except FileNotFoundError:
            result = 2_147_942_402  # ERROR_FILE_NOT_FOUND, 0x80070002
    task["state"], task["last_result"] = _READY, result
