"""The PowerShell scripts of vttbench: what each prints on an emulated host, from its state."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..machine import cim
from ..machine.cim import CimError, NotModelledError
from ..machine.moments import iso
from ..machine.state import Machine
from ..modules import Refused
from ..powershell import Invocation, script
from ..programs import find
from ..wire.shells import Output

_KNOWN = {
    "remove", "make", "program", "cim", "wait_s", "write", "end", "end_too", "sizes", "list",
    "files", "limit", "erase",
}  # fmt: skip
# What a script costs the host before it does anything: PowerShell starts.
_STARTED_S = 0.3


def _request(call: Invocation) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(str(call.arguments["Request"]))
    return request


def _print(answer: Mapping[str, Any]) -> Output:
    return Output(json.dumps(answer).encode() + b"\r\n")


def _classes(machine: Machine, queries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for query in queries:
        try:
            rows = cim.read(
                machine, query["class"], query["properties"],
                namespace=query["namespace"], where=query.get("filter") or "",
            )  # fmt: skip
        except NotModelledError as error:
            # The script itself would go on without the class, and nobody would hear of the hole.
            raise Refused(str(error)) from error
        except CimError as error:
            answers[query["name"]] = {"error": str(error)}
        else:
            answers[query["name"]] = {"rows": rows}
    return answers


@script("src/vttbench/hosts/windows/host.ps1")
def host(machine: Machine, call: Invocation) -> Output:
    """Do and answer what is asked for, in the order of the script."""
    ask, drive = _request(call), machine.drive
    if unknown := set(ask) - _KNOWN:
        raise Refused(f"host.ps1 asked for {', '.join(sorted(unknown))}")
    process = machine.processes.start("powershell.exe", "host.ps1", parent=call.pid)
    answer: dict[str, Any] = {"pid": process.pid}
    if "remove" in ask and drive.real(ask["remove"]).exists():
        drive.remove(drive.real(ask["remove"]))
    if "make" in ask:
        place = drive.real(ask["make"])
        place.mkdir(parents=True, exist_ok=True)
        answer["made"] = drive.windows(place)
    if (program := _first_program(machine, ask.get("program") or [])) is not None:
        answer["program"] = program
    if "cim" in ask:
        answer["now"] = iso(time.time())
        answer["cim"] = _classes(machine, ask["cim"])
    if "wait_s" in ask:
        call.cancelled.wait(ask["wait_s"])
        again = _classes(machine, ask.get("cim") or [])
        answer["later"] = {"now": iso(time.time()), "cim": again}
    for path, text in (ask.get("write") or {}).items():
        drive.write(drive.real(path), text.encode())
    for pid in ask.get("end") or []:
        for child in machine.processes.table():
            if child.parent == pid and child.name != "conhost.exe":
                machine.processes.kill_tree(child.pid)
    for pid in ask.get("end_too") or []:
        machine.processes.kill_tree(pid)
    answer |= _about_files(machine, ask)
    if "erase" in ask and drive.real(ask["erase"]).exists():
        drive.remove(drive.real(ask["erase"]))
    machine.processes.end(process, used_s=_STARTED_S)
    return _print(answer)


def _first_program(machine: Machine, names: Iterable[str]) -> str | None:
    for name in names:
        try:
            return find(machine, name, "C:\\")
        except FileNotFoundError:
            continue
    return None


def _about_files(machine: Machine, ask: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if "sizes" in ask:
        places = {path: machine.drive.real(path) for path in ask["sizes"]}
        answer["sizes"] = {p: r.stat().st_size for p, r in places.items() if r.is_file()}
    if "list" in ask:
        folder = machine.drive.real(ask["list"])
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        answer["list"] = [entry.name for entry in entries if entry.is_file()]
    if "files" in ask:
        places = {path: machine.drive.real(path) for path in ask["files"]}
        answer["files"] = {
            path: {
                "size": place.stat().st_size,
                "base64": base64.b64encode(place.read_bytes()[: ask["limit"]]).decode(),
            }
            for path, place in places.items()
            if place.is_file()
        }
    return answer


@script("src/vttbench/hosts/windows/lock.ps1")
def lock(machine: Machine, call: Invocation) -> Output:
    """Take, take over, refresh or give back the lock."""
    ask = _request(call)
    place = machine.drive.real(ask["path"])
    boot = str(int(machine.booted_at))
    new = f"{ask['content']}boot={boot}\ntime={int(time.time())}\n".encode()
    verdict: list[str] = []
    with machine.lock:  # one at a time, as an exclusively opened file allows
        holder = place.read_text().splitlines() if place.is_file() else []
        match ask["action"]:
            case "acquire" if not holder:
                machine.drive.write(place, new)
                verdict = ["taken"]
            case "take_over" if f"id={ask['stale_id']}" in holder:
                machine.drive.write(place, new)
                verdict = ["taken"]
            case "refresh" if f"id={ask['id']}" in holder:
                machine.drive.write(place, new)
            case "release" if f"id={ask['id']}" in holder:
                machine.drive.remove(place)
                verdict = ["released"]
        holder = place.read_text().splitlines() if place.is_file() else []
    tools = cim.read(
        machine, "Win32_Process", ["ProcessId"], namespace="root/cimv2", where=ask["tools"]
    )
    return _print(
        {
            "holder": holder,
            "boot": [boot],
            "now": [str(int(time.time()))],
            "running": [str(tool["ProcessId"]) for tool in tools],
            "verdict": verdict,
            "lock end": [],
        }
    )


@script("src/vttbench/telemetry/windows_sampler.ps1")
def sampler(machine: Machine, call: Invocation) -> Output:
    """Write samples until told to end."""
    ask = _request(call)
    lines, stop = machine.drive.real(ask["lines"]), machine.drive.real(ask["stop"])
    lease = machine.drive.real(ask["lease"])
    began, spent, reason = time.time(), _STARTED_S, ""
    absent: set[str] = set()

    def write(line: Mapping[str, Any]) -> None:
        with lines.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")

    write(
        {"windows_sampler": 1, "pid": call.pid, "started": began, "interval_s": ask["interval_s"]}
    )
    while not reason:
        found = _classes(machine, [q for q in ask["cim"] if q["name"] not in absent])
        absent |= {name for name, answer in found.items() if "error" in answer}
        spent += 0.02
        write({"t": round(time.time(), 3), "cim": found, "cpu_s": round(spent, 3)})
        if call.cancelled.wait(ask["interval_s"]):
            return Output(returncode=1)
        if stop.exists():
            reason = "stop"
        elif time.time() - began > ask["lifetime_s"]:
            reason = "lifetime"
        elif not lease.is_dir():
            reason = "lease is gone"
        elif time.time() - lease.stat().st_mtime > ask["lease_s"]:
            reason = "lease is old"
    if lease.is_dir():
        write({"end": reason, "t": round(time.time(), 3)})
    return _print({"ended": reason})
