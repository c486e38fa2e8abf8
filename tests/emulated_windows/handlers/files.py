"""Files and folders: win_file, win_stat, win_copy (win_template stands on it), slurp, win_find."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import re
import time
import zipfile
from pathlib import Path
from typing import Any

from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module


def checksum(path: Path, algorithm: str = "sha1") -> str:
    """Hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def stat_of(machine: Machine, place: Path) -> dict[str, Any]:
    """What win_stat says of every kind of file."""
    status, folder = place.stat(), place.is_dir()
    return {
        "exists": True,
        "isdir": folder,
        "isreg": not folder,
        "islnk": False,
        "isjunction": False,
        "isshared": False,
        "ishidden": False,
        "isarchive": not folder,
        "isreadonly": False,
        "nlink": 1,
        "hlnk_targets": [],
        "attributes": "Directory" if folder else "Archive",
        "path": machine.drive.windows(place),
        "filename": place.name,
        "owner": "BUILTIN\\Administrators",
        "creationtime": status.st_ctime,
        "lastaccesstime": status.st_atime,
        "lastwritetime": status.st_mtime,
    }


@module("ansible.windows.win_stat")
def win_stat(machine: Machine, call: Call) -> dict[str, Any]:
    """Look at a file."""
    place = machine.drive.real(call.args["path"])
    if not place.exists():
        return {"stat": {"exists": False}}
    found = stat_of(machine, place)
    if place.is_file():
        found["extension"] = place.suffix
        found["size"] = place.stat().st_size
        if call.args["get_checksum"]:
            found["checksum"] = checksum(place, call.args["checksum_algorithm"])
    elif call.args["get_size"]:
        found["size"] = sum(f.stat().st_size for f in place.rglob("*") if f.is_file())
    return {"stat": found}


@module("ansible.windows.win_file")
def win_file(machine: Machine, call: Call) -> dict[str, Any]:
    """Make or remove files and folders."""
    path, state = call.args["path"], call.args["state"]
    place = machine.drive.real(path)
    exists = place.exists()
    match state:
        case "directory":
            if place.is_file():
                raise ModuleFailed(f"path {path} is not a directory")
            if not exists and not call.check:
                place.mkdir(parents=True)
            return {"changed": not exists}
        case "absent":
            if exists and not call.check:
                machine.drive.remove(place)
            return {"changed": exists}
        case "touch":
            if not call.check:
                if not exists:
                    machine.drive.write(place, b"")
                place.touch()
            return {"changed": True}
        case _:
            if not exists:
                raise ModuleFailed(f"path {path} will not be created")
            if state == "file" and place.is_dir():
                raise ModuleFailed(f"path {path} is a directory")
            return {"changed": False}


@module("ansible.windows.win_copy", "ansible.builtin.copy")
def win_copy(machine: Machine, call: Call) -> dict[str, Any]:
    """Do the host's half of win_copy: compare, unpack, or put one file in its place."""
    match call.args.get("_copy_mode", "single"):
        case "query":
            return _query(machine, call)
        case "explode":
            return _explode(machine, call)
        case "remote":
            return _copy_remote(machine, call)
        case _:
            return _copy_one(machine, call)


def _query(machine: Machine, call: Call) -> dict[str, Any]:
    destination = str(call.args["dest"]).rstrip("\\/")
    force = call.args["force"]
    files = []
    for file in call.args.get("_copy_files") or call.args.get("files") or []:
        place = machine.drive.real(f"{destination}\\{file['dest']}")
        if place.is_dir():
            raise ModuleFailed(
                f"cannot copy file from '{file['src']}' to '{file['dest']}': object at path is "
                "already a directory"
            )
        if not place.is_file() or (force and checksum(place) != file["checksum"]):
            files.append(file)
    folders = [
        folder
        for folder in call.args.get("directories") or []
        if not machine.drive.real(f"{destination}\\{folder['dest']}").is_dir()
    ]
    return {"files": files, "directories": folders, "symlinks": call.args.get("symlinks") or []}


def _explode(machine: Machine, call: Call) -> dict[str, Any]:
    destination = str(call.args["dest"]).rstrip("\\/")
    with zipfile.ZipFile(machine.drive.real(call.args["src"])) as archive:
        for entry in archive.infolist():
            # The action plugin encodes names, so that every ZIP library reads them alike.
            name = base64.b64decode(entry.filename.rstrip("/")).decode()
            place = machine.drive.real(f"{destination}\\{name}")
            if entry.is_dir() or name.endswith(("/", "\\")):
                place.mkdir(parents=True, exist_ok=True)
            else:
                machine.drive.write(place, archive.read(entry))
    return {"changed": True}


def _target(machine: Machine, call: Call, source: Path) -> Path:
    destination = str(call.args["dest"])
    place = machine.drive.real(destination)
    if destination.endswith(("\\", "/")) or place.is_dir():
        return place / (call.args.get("_original_basename") or source.name)
    if not place.parent.is_dir():
        raise ModuleFailed(
            f"Destination directory '{machine.drive.windows(place.parent)}' does not exist"
        )
    return place


def _copy_one(machine: Machine, call: Call) -> dict[str, Any]:
    source = machine.drive.real(call.args["src"])
    if not source.is_file():
        raise ModuleFailed(f"Cannot copy src file: '{call.args['src']}' as it does not exist")
    place = _target(machine, call, source)
    changed = not place.is_file() or (call.args["force"] and checksum(place) != checksum(source))
    result = {
        "changed": changed,
        "src": call.args["src"],
        "dest": machine.drive.windows(place),
        "checksum": checksum(source),
        "size": source.stat().st_size,
        "operation": "file_copy",
        "original_basename": place.name,
    }
    if changed and not call.check:
        if call.args["backup"] and place.is_file():
            copy = place.with_name(f"{place.name}.{time.strftime('%Y%m%d-%H%M%S')}.bak")
            machine.drive.write(copy, place.read_bytes())
            result["backup_file"] = machine.drive.windows(copy)
        machine.drive.write(place, source.read_bytes())
    return result


def _copy_remote(machine: Machine, call: Call) -> dict[str, Any]:
    source = machine.drive.real(call.args["src"])
    if not source.exists():
        raise ModuleFailed(f"Cannot copy src file: '{call.args['src']}' as it does not exist")
    if source.is_file():
        return _copy_one(machine, call)
    base = machine.drive.real(call.args["dest"])
    if not str(call.args["src"]).endswith(("\\", "/")):
        base = base / source.name
    changed = False
    for file in source.rglob("*"):
        place = base / file.relative_to(source)
        if file.is_file() and not (place.is_file() and checksum(place) == checksum(file)):
            changed = True
            if not call.check:
                machine.drive.write(place, file.read_bytes())
    return {"changed": changed, "operation": "folder_copy", "dest": machine.drive.windows(base)}


@module("ansible.windows.slurp", "ansible.builtin.slurp")
def slurp(machine: Machine, call: Call) -> dict[str, Any]:
    """Read a file."""
    place = machine.drive.real(call.args["src"])
    if not place.exists():
        raise ModuleFailed(f"Path {call.args['src']} is not found")
    if place.is_dir():
        raise ModuleFailed(f"Path {call.args['src']} is a directory and cannot be fetched")
    return {"encoding": "base64", "content": base64.b64encode(place.read_bytes()).decode()}


@module("ansible.windows.win_find")
def win_find(machine: Machine, call: Call) -> dict[str, Any]:
    """Search folders."""
    found, examined = [], 0
    kind = call.args["file_type"]
    for path in call.args["paths"]:
        folder = machine.drive.real(path)
        if not folder.is_dir():
            raise ModuleFailed(f"Argument path '{path}' does not exist cannot get information on")
        entries = sorted(folder.rglob("*") if call.args["recurse"] else folder.iterdir())
        for entry in entries:
            examined += 1
            if entry.is_dir() != (kind == "directory"):
                continue
            if not _matches(entry.name, call.args["patterns"], call.args["use_regex"]):
                continue
            found.append(stat_of(machine, entry) | _content(entry, call))
    return {"matched": len(found), "examined": examined, "files": found}


def _matches(name: str, patterns: list[str] | None, use_regex: bool) -> bool:
    if not patterns:
        return True
    if use_regex:
        return any(re.search(pattern, name, re.IGNORECASE) for pattern in patterns)
    return any(fnmatch.fnmatch(name.lower(), pattern.lower()) for pattern in patterns)


def _content(entry: Path, call: Call) -> dict[str, Any]:
    if entry.is_dir():
        return {}
    more: dict[str, Any] = {"size": entry.stat().st_size, "extension": entry.suffix}
    if call.args["get_checksum"]:
        more["checksum"] = checksum(entry, call.args["checksum_algorithm"])
    return more
