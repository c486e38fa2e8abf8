"""Modules that every play uses: ping, facts, jobs in the background."""

from __future__ import annotations

import json
import time
from typing import Any

from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module


@module("ansible.windows.win_ping")
def win_ping(machine: Machine, call: Call) -> dict[str, Any]:
    """Answer."""
    if call.args["data"] == "crash":
        raise ModuleFailed("Unhandled exception while executing module: boom")
    return {"ping": call.args["data"]}


@module("ansible.windows.setup", "ansible.builtin.setup")
def setup(machine: Machine, call: Call) -> dict[str, Any]:
    """Gather the facts that roles ask for."""
    hardware = machine.hardware
    facts = {
        "os_family": "Windows",
        "system": "Win32NT",
        "system_vendor": hardware.manufacturer,
        "product_name": hardware.model,
        "product_serial": hardware.serial,
        "bios_version": hardware.bios,
        "distribution": "Microsoft Windows 11 Pro",
        "distribution_version": "10.0.26100.0",
        "distribution_major_version": "10",
        "os_name": "Microsoft Windows 11 Pro",
        "os_product_type": "workstation",
        "os_installation_type": "Client",
        "kernel": "10.0.26100.0",
        "architecture": "64-bit",
        "architecture2": "x86_64",
        "hostname": machine.computer_name,
        "nodename": machine.computer_name,
        "fqdn": machine.computer_name,
        "domain": "",
        "windows_domain": "WORKGROUP",
        "windows_domain_member": False,
        "processor": [str(i) for i in range(hardware.threads)],
        "processor_count": 1,
        "processor_cores": hardware.cores,
        "processor_threads_per_core": hardware.threads // hardware.cores,
        "processor_vcpus": hardware.threads,
        "memtotal_mb": hardware.memory_bytes // 2**20,
        "user_id": machine.user,
        "user_dir": rf"C:\Users\{machine.user}",
        "env": machine.environment,
        "powershell_version": 5,
        "reboot_pending": machine.pending_reboot,
        "uptime_seconds": int(time.time() - machine.booted_at),
        "date_time": {"epoch": str(time.time()), "tz": "UTC"},
    }
    return {"ansible_facts": {f"ansible_{name}": value for name, value in facts.items()}}


@module("ansible.windows.async_status", "ansible.builtin.async_status")
def async_status(machine: Machine, call: Call) -> dict[str, Any]:
    """Say what became of a job."""
    folder = call.args.get("_async_dir") or r"%USERPROFILE%\.ansible_async"
    job = str(call.args["jid"])
    place = machine.drive.real(f"{folder}\\{job}")
    if not place.exists():
        raise ModuleFailed(
            f"could not find job at '{machine.drive.windows(place)}'",
            ansible_job_id=job,
            started=True,
            finished=True,
        )
    if call.args["mode"] == "cleanup":
        machine.drive.remove(place)
        return {"erased": machine.drive.windows(place), "ansible_job_id": job}
    state: dict[str, Any] = json.loads(place.read_bytes())
    # The result's own `failed` ends the task; the module itself has not failed.
    return {**state, "ansible_job_id": job}
