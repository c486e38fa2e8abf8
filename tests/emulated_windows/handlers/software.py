"""Bringing software: downloads, archives, packages. What is downloaded is really downloaded.

A package of the emulated world is a ZIP archive with a file ``package.json`` in it, whatever it is
called (see ``shelf.py``): real installers would need a real Windows.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module
from .files import checksum as checksum_of

# msiexec: this is no installation package.
_NO_PACKAGE = 1620


def download(machine: Machine, url: str, place: Path, timeout_s: float) -> int:
    """Download a file to a host; return its size.

    Raises:
        ModuleFailed: it can't be had, or does not fit.
    """
    machine.journal.note("download", url=url)
    try:
        with httpx.stream("GET", url, timeout=timeout_s, follow_redirects=True) as answer:
            answer.raise_for_status()
            machine.drive.reserve(int(answer.headers.get("Content-Length") or 0))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            with place.open("wb") as file:
                for piece in answer.iter_bytes():
                    file.write(piece)
    except httpx.HTTPStatusError as error:
        raise ModuleFailed(
            f"Error downloading '{url}' to '{machine.drive.windows(place)}': The remote server "
            f"returned an error: ({error.response.status_code}) {error.response.reason_phrase}.",
            status_code=error.response.status_code,
            url=url,
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModuleFailed(
            f"Error downloading '{url}' to '{machine.drive.windows(place)}': Unable to connect to "
            f"the remote server ({error})",
            url=url,
        ) from error
    return place.stat().st_size


def _fetched(machine: Machine, call: Call, url: str) -> Path:
    """Download into the temporary folder and check what came.

    Raises:
        ModuleFailed: it is not what the checksum says.
    """
    place = machine.drive.real(rf"%TEMP%\{uuid4().hex}.tmp")
    download(machine, url, place, float(call.args["url_timeout"]))
    wanted = call.args["checksum"]
    if wanted:
        found = checksum_of(place, call.args["checksum_algorithm"])
        if found.lower() != str(wanted).lower():
            place.unlink()
            raise ModuleFailed(f"The checksum for {url} did not match '{wanted}', it was '{found}'")
    return place


@module("ansible.windows.win_get_url")
def win_get_url(machine: Machine, call: Call) -> dict[str, Any]:
    """Download a file."""
    url, place = str(call.args["url"]), machine.drive.real(call.args["dest"])
    if place.is_dir():
        place = place / url.rsplit("/", 1)[-1]
    result: dict[str, Any] = {"dest": machine.drive.windows(place), "url": url}
    wanted = str(call.args["checksum"] or "").lower()
    if place.is_file():
        there = checksum_of(place, call.args["checksum_algorithm"])
        if there == wanted or (not wanted and not call.args["force"]):
            return {**result, "msg": "file already exists", "checksum_dest": there}
    if call.check:
        return {**result, "changed": True}
    began = time.monotonic()
    fetched = _fetched(machine, call, url)
    digest = checksum_of(fetched, call.args["checksum_algorithm"])
    changed = not place.is_file() or checksum_of(place, call.args["checksum_algorithm"]) != digest
    place.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(place)
    return {
        **result,
        "changed": changed,
        "status_code": 200,
        "msg": "OK",
        "size": place.stat().st_size,
        "checksum_src": digest,
        "checksum_dest": digest,
        "elapsed": time.monotonic() - began,
    }


@module("community.windows.win_unzip")
def win_unzip(machine: Machine, call: Call) -> dict[str, Any]:
    """Unpack an archive."""
    source, target = machine.drive.real(call.args["src"]), machine.drive.real(call.args["dest"])
    result = {"dest": call.args["dest"], "src": call.args["src"], "removed": False}
    if call.args["creates"] and machine.drive.real(call.args["creates"]).exists():
        return {**result, "skipped": True, "msg": f"The file {call.args['creates']} exists."}
    if not source.is_file():
        raise ModuleFailed(f"File '{call.args['src']}' does not exist.")
    if call.check:
        return {**result, "changed": True}
    try:
        with zipfile.ZipFile(source) as archive:
            machine.drive.reserve(sum(entry.file_size for entry in archive.infolist()))
            for entry in archive.infolist():
                if not entry.is_dir():
                    place = machine.drive.real(f"{call.args['dest']}\\{entry.filename}")
                    machine.drive.write(place, archive.read(entry))
    except zipfile.BadZipFile as error:
        raise ModuleFailed(
            f"Error unzipping '{call.args['src']}' to '{target}'!. Exception: {error}"
        ) from error
    if call.args["delete_archive"]:
        machine.drive.remove(source)
        result["removed"] = True
    return {**result, "changed": True}


@module("ansible.windows.win_package")
def win_package(machine: Machine, call: Call) -> dict[str, Any]:
    """Install or remove a package."""
    packages = machine.settings.packages
    product = call.args["product_id"]
    installed = product in packages or (
        bool(call.args["creates_path"]) and machine.drive.real(call.args["creates_path"]).exists()
    )
    quiet = {"rc": 0, "reboot_required": False}
    if call.args["state"] == "absent":
        if installed and not call.check:
            for path in packages.pop(product, {}).get("files", []):
                machine.drive.remove(machine.drive.real(path))
        return {**quiet, "changed": installed}
    if installed:
        return quiet
    path = str(call.args["path"] or "")
    if not path:
        raise ModuleFailed("state is present but all of the following are missing: path")
    if call.check:
        return {**quiet, "changed": True}
    fetched = path.startswith(("http://", "https://"))
    place = _fetched(machine, call, path) if fetched else machine.drive.real(path)
    try:
        _install(machine, place, product)
    finally:
        if fetched:
            place.unlink(missing_ok=True)
    return {**quiet, "changed": True}


def _install(machine: Machine, place: Path, product: str | None) -> None:
    try:
        with zipfile.ZipFile(place) as archive:
            about = json.loads(archive.read("package.json"))
            for name, target in about["files"].items():
                machine.drive.write(machine.drive.real(target), archive.read(name))
    except (zipfile.BadZipFile, KeyError, FileNotFoundError) as error:
        raise ModuleFailed(
            f"unexpected rc from '{place.name}': see rc, stdout, and stderr for more information",
            rc=_NO_PACKAGE,
            stdout="This installation package could not be opened.",
        ) from error
    machine.settings.packages[str(about.get("product_id") or product)] = {
        "name": about["name"],
        "version": about["version"],
        "files": list(about["files"].values()),
    }


@module("ansible.windows.win_product_facts")
def win_product_facts(machine: Machine, call: Call) -> dict[str, Any]:
    """Say which Windows this is."""
    key = hashlib.sha256(machine.name.encode()).hexdigest().upper()
    return {
        "ansible_facts": {
            "ansible_os_license_channel": "OEM_DM channel",
            "ansible_os_license_edition": "Windows(R), Professional edition",
            "ansible_os_license_status": "Licensed",
            "ansible_os_product_id": "00355-60000-00000-AAOEM",
            "ansible_os_product_key": "-".join(key[i : i + 5] for i in range(0, 25, 5)),
        }
    }


@module("chocolatey.chocolatey.win_chocolatey")
def win_chocolatey(machine: Machine, call: Call) -> dict[str, Any]:
    """Remove what was installed; there is no repository to install from."""
    names = [name for name in call.args["name"] if name not in machine.settings.packages]
    if call.args["state"] == "absent":
        changed = len(names) < len(call.args["name"])
        if not call.check:
            for name in call.args["name"]:
                machine.settings.packages.pop(name, None)
        return {"changed": changed, "rc": 0}
    if not names:
        return {"rc": 0}
    if call.check:
        return {"changed": True, "rc": 0}
    raise ModuleFailed(
        f"Error installing {names[0]}: Unable to connect to source "
        "'https://community.chocolatey.org/api/v2/' (the emulated host has no such repository)",
        rc=1,
    )
