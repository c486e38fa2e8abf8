"""What a host is: everything that can explain a difference between two machines.

Ansible's facts where they suffice, and the output of ``linux_probe.sh`` for the rest. What the
host can't tell is absent, never a guess, and serial numbers never leave this module in the clear.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from vttbench.hosts.gpus import gpus, name_of, nvidia, vulkan
from vttbench.hosts.memory import memory
from vttbench.hosts.power import power_policy, power_source
from vttbench.hosts.probe import Probe, pairs, said
from vttbench.hosts.storage import storage
from vttbench.result import Host

_DMI = "/sys/class/dmi/id"
_CPU = "/sys/devices/system/cpu"
# Written by makers who gave every board the same number.
_SHARED_UUIDS = {"03000200-0400-0500-0006-000700080009", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
_NO_UUID = "00000000-0000-0000-0000-000000000000"


def describe(
    name: str, facts: Mapping[str, Any], probe: Probe | None = None, *, fleet: str | None = None
) -> Host:
    """Describe a host.

    Args:
        name: in the inventory.
        facts: ``ansible_facts``, with or without the prefix ``ansible_``.
        probe: what ``linux_probe.sh`` printed; None where it can't be run, as on Windows.
        fleet: group of machines that are meant to be identical.
    """
    known = {key.removeprefix("ansible_"): value for key, value in facts.items()}
    probe = probe or Probe()
    cards, nvidia_cards, vulkan_devices = gpus(probe), nvidia(probe), vulkan(probe)
    policy = power_policy(probe)
    model = _model(known, probe)
    mib = _integer(known.get("memtotal_mb"))
    return Host(
        name=name,
        fleet=fleet,
        os_family="windows" if known.get("os_family") == "Windows" else "linux",
        os=_joined(known.get("distribution"), known.get("distribution_version")),
        kernel=said(known.get("kernel")),
        cpu=_cpu(known, probe),
        cores=_product(known.get("processor_cores"), known.get("processor_count")),
        threads=_integer(known.get("processor_vcpus")),
        memory_gb=round(mib / 1024, 1) if mib else None,
        gpu=name_of(cards, nvidia_cards, vulkan_devices),
        bios=_bios(known, probe),
        model=model,
        serial_hash=_serial_hash(probe, model),
        power_source=power_source(probe),
        power_profile=policy.name,
        details=_known(
            microcode=_after_colon(probe, "cpuinfo", "microcode"),
            memory=memory(probe),
            cpufreq=_cpufreq(probe),
            power=_known(
                platform_profile=policy.platform_profile,
                power_profiles_daemon=policy.daemon_profile,
                tuned=_after_colon(probe, "tuned-adm", "Current active profile"),
                limits_w=_power_limits(probe),
            ),
            kernel_cmdline=_kernel_parameters(probe),
            kernel_build=probe.word("/proc/version"),
            transparent_hugepage=_chosen(probe, "/sys/kernel/mm/transparent_hugepage/enabled"),
            ttm_pages_limit=probe.number("/sys/module/ttm/parameters/pages_limit"),
            amdgpu_gttsize=probe.number("/sys/module/amdgpu/parameters/gttsize"),
            vulnerabilities=_vulnerabilities(probe),
            virtualization=virtualization(probe),
            gpus=[*cards],
            nvidia=[*nvidia_cards],
            vulkan=[*vulkan_devices],
            rocm=probe.word("/opt/rocm/.info/version"),
            environment=pairs(probe.lines("environment")),
            glibc=probe.word("glibc"),
            storage=storage(probe),
            ec_firmware=probe.word(f"{_DMI}/ec_firmware_release"),
            product_sku=probe.word(f"{_DMI}/product_sku"),
        ),
    )


def virtualization(probe: Probe) -> dict[str, JsonValue]:
    """Return what three witnesses say of a hypervisor or container.

    None of them is right always: inside a container systemd-detect-virt may name the container and
    not the machine below it, lscpu only knows hypervisors that present themselves, and the flag of
    the processor says that there is one, not which.
    """
    vm = probe.word("virt vm")
    lscpu = _after_colon(probe, "lscpu", "Hypervisor vendor")
    flagged = bool(probe.lines("cpu flag hypervisor")) if "cpuinfo" in probe.found else None
    witnesses = [
        verdict
        for verdict in (
            bool(vm) if "virt vm" in probe.found else None,
            bool(lscpu) if "lscpu" in probe.found else None,
            flagged,
        )
        if verdict is not None
    ]
    return _known(
        virtual_machine=any(witnesses) if witnesses else None,
        container=probe.word("virt container"),
        systemd_detect_virt=vm,
        lscpu_hypervisor=lscpu,
        cpu_flag=flagged,
        witnesses_disagree=True if len(set(witnesses)) > 1 else None,
    )


def _cpu(facts: Mapping[str, Any], probe: Probe) -> str | None:
    # Ansible lists number, vendor and model name of each thread one after the other.
    words = [str(word) for word in facts.get("processor") or []]
    names = [w for w in words if not w.isdigit() and w not in ("GenuineIntel", "AuthenticAMD")]
    return said(names[0]) if names else _after_colon(probe, "cpuinfo", "model name")


def _model(facts: Mapping[str, Any], probe: Probe) -> str | None:
    vendor = probe.word(f"{_DMI}/sys_vendor") or said(facts.get("system_vendor"))
    product = probe.word(f"{_DMI}/product_name") or said(facts.get("product_name"))
    if product is None:
        vendor = probe.word(f"{_DMI}/board_vendor") or vendor
        product = probe.word(f"{_DMI}/board_name") or said(facts.get("board_name"))
    if product is None:
        return None
    if vendor is None or product.lower().startswith(vendor.lower()):
        return product
    return f"{vendor} {product}"


def _bios(facts: Mapping[str, Any], probe: Probe) -> str | None:
    version = probe.word(f"{_DMI}/bios_version") or said(facts.get("bios_version"))
    date = probe.word(f"{_DMI}/bios_date") or said(facts.get("bios_date"))
    if version is None:
        return None
    text = _joined(probe.word(f"{_DMI}/bios_vendor"), version)
    return f"{text} ({date})" if date else text


def _serial_hash(probe: Probe, model: str | None) -> str | None:
    """Return the identity of the machine; None where no serial number may be read (not root).

    The first of a fixed order and not all of them: an identity must not change because one more
    could be read. Nothing that varies, such as a clock, is part of it.
    """
    uuid = (probe.word(f"{_DMI}/product_uuid") or "").lower()
    if uuid in _SHARED_UUIDS | {_NO_UUID}:
        uuid = ""
    serial = uuid or probe.word(f"{_DMI}/product_serial") or probe.word(f"{_DMI}/board_serial")
    if not serial:
        return None
    return hashlib.sha256(f"{serial.lower()}\n{model or ''}".encode()).hexdigest()


def _cpufreq(probe: Probe) -> dict[str, JsonValue]:
    policy = power_policy(probe)
    khz = probe.number(f"{_CPU}/cpu0/cpufreq/cpuinfo_max_freq")
    return _known(
        driver=policy.driver,
        governor=policy.governor,
        energy_performance_preference=policy.preference,
        maximum_mhz=khz / 1000 if khz else None,
        boost=probe.number(f"{_CPU}/cpufreq/boost"),
        no_turbo=probe.number(f"{_CPU}/intel_pstate/no_turbo"),
        amd_pstate=probe.word(f"{_CPU}/amd_pstate/status"),
        smt=probe.number(f"{_CPU}/smt/active"),
        online=probe.word(f"{_CPU}/online") or "".join(probe.lines(f"{_CPU}/online")[:1]) or None,
    )


def _power_limits(probe: Probe) -> dict[str, JsonValue]:
    """Return RAPL's limits in watts, e.g. ``package-0 long_term``."""
    names = probe.matching(r"/sys/class/powercap/([^/]+)/name")
    terms = probe.matching(r"/sys/class/powercap/([^/]+/constraint_\d)_name")
    limits = probe.matching(r"/sys/class/powercap/([^/]+/constraint_\d)_power_limit_uw")
    found: dict[str, JsonValue] = {}
    for key, limit in sorted(limits.items()):
        label = f"{names.get(key.split('/')[0], key)} {terms.get(key, key.rsplit('_', 1)[-1])}"
        if limit.isdigit():
            found[label] = int(limit) / 1e6
    return found


def _kernel_parameters(probe: Probe) -> str | None:
    # What stands after " -- " is for init; and some give passwords of disks or networks here.
    text = re.split(r"(?:^|\s)--(?:\s|$)", probe.word("/proc/cmdline") or "")[0]
    setting = r"(?i)(\S*(?:pass|secret|token|credential)[^\s=]*=)\S+"
    return re.sub(setting, r"\1***", text).strip() or None


def _vulnerabilities(probe: Probe) -> dict[str, JsonValue]:
    """Return what the kernel does against flaws of this processor: it costs speed."""
    found: dict[str, JsonValue] = {}
    for line in probe.lines("lscpu"):
        match = re.match(r"\s*Vulnerability ([^:]+):\s+(.+)", line)
        if match and match[2] != "Not affected":
            found[match[1]] = match[2]
    return found


def _chosen(probe: Probe, name: str) -> str | None:
    match = re.search(r"\[(\w+)\]", probe.word(name) or "")
    return match[1] if match else None


def _after_colon(probe: Probe, section: str, title: str) -> str | None:
    for line in probe.lines(section):
        left, colon, right = line.partition(":")
        if colon and left.strip() == title:
            return said(right)
    return None


def _joined(*parts: object) -> str | None:
    return " ".join(word for part in parts if (word := said(part))) or None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _product(a: object, b: object) -> int | None:
    first, second = _integer(a), _integer(b)
    return first * second if first and second else None


def _known(**values: JsonValue) -> dict[str, JsonValue]:
    """Drop what is absent: None, and what holds nothing."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}
