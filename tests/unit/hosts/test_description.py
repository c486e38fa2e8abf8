"""What is said of a machine, what is left out, and what is never said in the clear.

The probes below are made by us after the documented formats of sysfs, dmidecode, lspci and
nvidia-smi; vulkaninfo's is a recording.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from vttbench.hosts.description import describe
from vttbench.hosts.gpus import nvidia, vulkan
from vttbench.hosts.memory import memory
from vttbench.hosts.power import power_policy, power_source
from vttbench.hosts.probe import Probe, probe_command

RECORDED = Path(__file__).resolve().parents[2] / "recorded"
DMI = "/sys/class/dmi/id"
CPU0 = "/sys/devices/system/cpu/cpu0/cpufreq"
SUPPLY = "/sys/class/power_supply"
FACTS = {
    "processor": ["0", "AuthenticAMD", "AMD RYZEN AI MAX+ 395 w/ Radeon 8060S", "1"],
    "processor_cores": 16,
    "processor_count": 1,
    "processor_vcpus": 32,
    "memtotal_mb": 128000,
    "kernel": "6.17.4-76061704-generic",
    "distribution": "Ubuntu",
    "distribution_version": "26.04",
    "os_family": "Debian",
    "product_name": "NA",
    "bios_version": "NA",
}
LAPTOP = {
    f"{DMI}/sys_vendor": "HP",
    f"{DMI}/product_name": "HP ZBook Ultra G1a 14 inch Mobile Workstation PC",
    f"{DMI}/product_uuid": "4C4C4544-0042-3510-8052-B4C04F4A3132",
    f"{DMI}/product_serial": "5CG5120XYZ",
    f"{DMI}/bios_vendor": "HP",
    f"{DMI}/bios_version": "X89 Ver. 01.03.06",
    f"{DMI}/bios_date": "08/12/2025",
    f"{CPU0}/scaling_driver": "amd-pstate-epp",
    f"{CPU0}/scaling_governor": "powersave",
    f"{CPU0}/energy_performance_preference": "balance_performance",
    "/sys/firmware/acpi/platform_profile": "performance",
    f"{SUPPLY}/AC/type": "Mains",
    f"{SUPPLY}/AC/online": "1",
    f"{SUPPLY}/BAT0/type": "Battery",
    f"{SUPPLY}/BAT0/status": "Charging",
    "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "/sys/class/powercap/intel-rapl:0/name": "package-0",
    "/sys/class/powercap/intel-rapl:0/constraint_0_name": "long_term",
    "/sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw": "70000000",
    "/sys/class/drm/card1/device/vendor": "0x1002",
    "/sys/class/drm/card1/device/device": "0x1586",
    "/sys/class/drm/card1/device/uevent": "DRIVER=amdgpu\nPCI_ID=1002:1586",
    "/sys/class/drm/card1/device/mem_info_vram_total": "536870912",
    "/sys/class/drm/card1/device/mem_info_gtt_total": "120000000000",
    "lspci": "c1:00.0 Display controller [0380]: Advanced Micro Devices, Inc. [AMD/ATI] "
    "Strix Halo [Radeon 8060S Graphics] [1002:1586] (rev c1)",
    "/proc/cmdline": "ro quiet amd_iommu=off ttm.pages_limit=27648000 net.password=hunter2 -- --x",
    "/opt/rocm/.info/version": "7.1.0-59",
    "environment": "HSA_OVERRIDE_GFX_VERSION=11.5.1",
    "cpuinfo": "microcode\t: 0xb700032",
    "cpu flag hypervisor": "",
    "findmnt": "/dev/mapper/root[/@home] btrfs rw,noatime",
    "lsblk": 'NAME="nvme0n1" TYPE="disk" PKNAME="" MODEL="WD PC SN8000S" TRAN="nvme" ROTA="0" '
    'SIZE="1.9T"\nNAME="nvme0n1p2" TYPE="part" PKNAME="nvme0n1" MODEL="" TRAN="nvme" ROTA="0" '
    'SIZE="1.9T"\nNAME="root" TYPE="crypt" PKNAME="nvme0n1p2" MODEL="" TRAN="" ROTA="0" SIZE="1T"',
}
DMIDECODE = """# dmidecode 3.6
Handle 0x0012, DMI type 17, 92 bytes
Memory Device
\tTotal Width: 32 bits
\tSize: 16 GB
\tLocator: DIMM 0
\tType: LPDDR5
\tSpeed: 8533 MT/s
\tManufacturer: Micron
\tPart Number: MT62F4G32D8DV
\tConfigured Memory Speed: 8000 MT/s

Handle 0x0013, DMI type 17, 92 bytes
Memory Device
\tSize: No Module Installed
\tLocator: DIMM 1
\tSpeed: Unknown
"""


def probe_of(found: dict[str, str], **more: str) -> Probe:
    """Print the sections as the host would, and read them."""
    return Probe.of("".join(f"==> {name} <==\n{text}\n\n" for name, text in (found | more).items()))


def test_a_laptop_is_described():
    host = describe("zbook-01", FACTS, probe_of(LAPTOP), fleet="zbooks")
    assert host.model == "HP ZBook Ultra G1a 14 inch Mobile Workstation PC"
    assert host.bios == "HP X89 Ver. 01.03.06 (08/12/2025)"
    assert host.cpu == "AMD RYZEN AI MAX+ 395 w/ Radeon 8060S"
    assert (host.cores, host.threads, host.memory_gb) == (16, 32, 125.0)
    assert "Radeon 8060S Graphics" in host.gpu
    assert (host.power_source, host.fleet) == ("mains", "zbooks")
    assert host.power_profile == "performance, powersave/balance_performance"
    details = host.details
    assert details["microcode"] == "0xb700032"
    assert details["rocm"] == "7.1.0-59"
    assert details["environment"] == {"HSA_OVERRIDE_GFX_VERSION": "11.5.1"}
    assert details["power"]["limits_w"] == {"package-0 long_term": 70}
    assert details["transparent_hugepage"] == "madvise"
    assert details["gpus"][0]["gtt_gb"] == 120
    assert details["storage"]["model"] == "WD PC SN8000S"
    assert details["virtualization"] == {"virtual_machine": False, "cpu_flag": False}


def test_facts_with_their_prefix_say_the_same():
    prefixed = {f"ansible_{name}": value for name, value in FACTS.items()}
    assert describe("h", prefixed, probe_of(LAPTOP)) == describe("h", FACTS, probe_of(LAPTOP))


def test_serial_numbers_and_passwords_are_never_in_the_description():
    text = describe("h", FACTS, probe_of(LAPTOP)).model_dump_json()
    for secret in ("4C4C4544", "4c4c4544", "5CG5120XYZ", "hunter2"):
        assert secret not in text
    assert "amd_iommu=off" in text


def test_identity_stays_when_clock_and_name_change_and_differs_between_machines():
    one = describe("a", FACTS, probe_of(LAPTOP)).serial_hash
    renamed = describe("b", FACTS | {"processor": []}, probe_of(LAPTOP)).serial_hash
    other = describe(
        "a", FACTS, probe_of(LAPTOP, **{f"{DMI}/product_uuid": "11111111-0042-3510-8052-1"})
    ).serial_hash
    assert one == renamed != other
    assert len(one) == 64


@pytest.mark.parametrize(
    "uuid", ["03000200-0400-0500-0006-000700080009", "00000000-0000-0000-0000-000000000000"]
)
def test_a_number_that_a_maker_gave_to_every_board_is_no_identity(uuid):
    bogus = {f"{DMI}/product_uuid": uuid, f"{DMI}/product_serial": "To Be Filled By O.E.M."}
    assert describe("h", FACTS, probe_of(bogus)).serial_hash is None


def test_what_a_bare_host_cannot_tell_is_absent():
    host = describe("h", {}, Probe())
    assert host.model_dump(mode="json", exclude_none=True) == {
        "name": "h",
        "os_family": "linux",
        "details": {},
    }


def test_makers_placeholders_are_absent():
    found = {f"{DMI}/sys_vendor": "ASUS", f"{DMI}/product_name": "System Product Name"}
    assert describe("h", FACTS, probe_of(found)).model is None
    found[f"{DMI}/board_name"] = "ProArt X870E"
    assert describe("h", FACTS, probe_of(found)).model == "ASUS ProArt X870E"


def test_witnesses_of_a_hypervisor_may_disagree_and_one_is_enough():
    found = {"cpuinfo": "x", "cpu flag hypervisor": "hypervisor", "virt vm": "none", "lscpu": "x"}
    virtualization = describe("h", FACTS, probe_of(found)).details["virtualization"]
    assert virtualization["virtual_machine"] is True
    assert virtualization["witnesses_disagree"] is True


def test_memory_speed_is_the_configured_one_and_empty_slots_are_no_modules():
    found = memory(probe_of({"dmidecode": DMIDECODE}))
    assert (found["configured_mts"], found["type"]) == (8000, "LPDDR5")
    assert found["modules"] == [
        {
            "size_gb": 16.0,
            "locator": "DIMM 0",
            "type": "LPDDR5",
            "rated_mts": 8533,
            "configured_mts": 8000,
            "manufacturer": "Micron",
            "part_number": "MT62F4G32D8DV",
        }
    ]


def test_without_dmidecode_memory_speed_is_absent():
    assert memory(Probe()) == {}


def test_vulkan_tells_its_driver():
    text = (RECORDED / "vulkaninfo" / "1.3.239-llvmpipe.txt").read_text()
    (device,) = vulkan(probe_of({"vulkaninfo": text}))
    assert device == {
        "name": "llvmpipe (LLVM 15.0.6, 256 bits)",
        "type": "PHYSICAL_DEVICE_TYPE_CPU",
        "driver": "llvmpipe",
        "driver_version": "Mesa 22.3.6 (LLVM 15.0.6)",
        "api_version": "1.3.230",
    }


def test_a_software_renderer_is_not_the_machines_graphics():
    text = (RECORDED / "vulkaninfo" / "1.3.239-llvmpipe.txt").read_text()
    assert describe("h", FACTS, probe_of({"vulkaninfo": text})).gpu is None


def test_a_card_that_pci_ids_does_not_know_is_named_by_its_own_vulkan_driver():
    numbers = LAPTOP | {"lspci": ""}
    software = (RECORDED / "vulkaninfo" / "1.3.239-llvmpipe.txt").read_text()
    assert describe("h", FACTS, probe_of(numbers, vulkaninfo=software)).gpu == "AMD 1002:1586"
    own = software.replace("_TYPE_CPU", "_TYPE_INTEGRATED_GPU").replace(
        "llvmpipe (LLVM", "RADV (LLVM"
    )
    named = describe("h", FACTS, probe_of(numbers, vulkaninfo=own)).gpu
    assert named.startswith("RADV")


def test_words_of_nvidia_smi_for_cannot_tell_are_absent():
    row = "NVIDIA GeForce RTX 5090, 580.95.05, 32607 MiB, [N/A], [Not Supported]"
    assert nvidia(probe_of({"nvidia-smi": row})) == [
        {
            "name": "NVIDIA GeForce RTX 5090",
            "driver_version": "580.95.05",
            "memory_total": "32607 MiB",
        }
    ]
    failure = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    assert nvidia(probe_of({"nvidia-smi": failure})) == []


@pytest.mark.parametrize(
    ("supplies", "source"),
    [
        (
            {
                "AC/type": "Mains",
                "AC/online": "0",
                "BAT0/type": "Battery",
                "BAT0/status": "Discharging",
            },
            "battery",
        ),
        (
            {
                "AC/type": "Mains",
                "AC/online": "1",
                "BAT0/type": "Battery",
                "BAT0/status": "Not charging",
            },
            "mains",
        ),
        ({"ucsi/type": "USB", "ucsi/online": "1"}, "mains"),
        ({"mouse/type": "Battery", "mouse/scope": "Device", "mouse/status": "Discharging"}, None),
        ({}, None),
    ],
)
def test_power_source_is_read_from_the_supplies_of_the_machine_itself(supplies, source):
    found = {f"{SUPPLY}/{name}": text for name, text in supplies.items()}
    assert power_source(probe_of(found)) == source


def test_a_desktop_without_battery_runs_on_mains():
    assert power_source(probe_of({f"{DMI}/chassis_type": "3"})) == "mains"
    assert power_source(probe_of({f"{DMI}/chassis_type": "10"})) is None


@pytest.mark.parametrize(
    ("driver", "governor", "preference", "complains"),
    [
        ("acpi-cpufreq", "powersave", "", True),
        ("acpi-cpufreq", "schedutil", "", False),
        ("amd-pstate-epp", "powersave", "balance_performance", False),
        ("amd-pstate-epp", "powersave", "power", True),
        ("intel_pstate", "performance", "performance", False),
    ],
)
def test_a_governor_is_judged_by_what_its_driver_means_by_it(
    driver, governor, preference, complains
):
    found = {
        f"{CPU0}/scaling_driver": driver,
        f"{CPU0}/scaling_governor": governor,
        f"{CPU0}/energy_performance_preference": preference,
    }
    assert (power_policy(probe_of(found)).complaint is not None) is complains


def test_the_probe_of_this_machine_runs_to_its_end_and_describes_it():
    command = probe_command("linux_probe.sh", work_dir="/nowhere/yet")
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert run.stderr == ""
    probe = Probe.of(run.stdout)
    assert "end" in probe.found
    host = describe("here", {}, probe)
    assert host.cpu
    assert host.details["storage"]["source"]
    json.dumps(host.model_dump(mode="json"), allow_nan=False)
