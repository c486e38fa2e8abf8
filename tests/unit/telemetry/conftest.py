"""Trees of sysfs and procfs files, made by us.

They are not recordings: names, units and formats follow the kernel's documented ABI
(Documentation/hwmon/sysfs-interface, admin-guide/pm/cpufreq, power/powercap, gpu/amdgpu/thermal).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LAPTOP = {
    "sys/class/hwmon/hwmon0/name": "nvme",
    "sys/class/hwmon/hwmon0/temp1_input": "41850",
    "sys/class/hwmon/hwmon1/name": "k10temp",
    "sys/class/hwmon/hwmon1/temp1_input": "88250",
    "sys/class/hwmon/hwmon1/temp1_crit": "100000",
    "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0,2",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "4000000",
    "sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1,3",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "5000000",
    "sys/devices/system/cpu/cpu2/topology/thread_siblings_list": "0,2",
    "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": "600000",
    "sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "1,3",
    "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq": "600000",
    "sys/class/powercap/intel-rapl:0/name": "package-0",
    "sys/class/powercap/intel-rapl:0/energy_uj": "1000000",
    "sys/class/powercap/intel-rapl:0/max_energy_range_uj": "65532610987",
    "sys/class/powercap/intel-rapl:0:0/name": "core",
    "sys/class/powercap/intel-rapl:0:0/energy_uj": "500000",
    "sys/class/drm/card1/device/gpu_busy_percent": "97",
    "sys/class/drm/card1/device/mem_info_vram_used": "536870912",
    "sys/class/drm/card1/device/mem_info_gtt_used": "42000000000",
    "sys/class/drm/card1/device/pp_dpm_sclk": "0: 600Mhz \n1: 1100Mhz *\n2: 2900Mhz \n",
    "sys/class/drm/card1/device/hwmon/hwmon5/temp1_input": "70000",
    "sys/class/drm/card1/device/hwmon/hwmon5/power1_average": "54321000",
    "sys/class/drm/card1/device/hwmon/hwmon5/in1_label": "vddnb",
    "sys/class/power_supply/BAT0/status": "Discharging",
    "sys/class/power_supply/BAT0/power_now": "61000000",
    "proc/stat": "cpu  100 0 100 1000 10 0 0 0 0 0\ncpu0 100 0 100 1000 10 0 0 0 0 0\n",
    "proc/loadavg": "0.52 0.58 0.59 1/713 14211",
    "proc/meminfo": (
        "MemTotal:       64000000 kB\nMemAvailable:   50000000 kB\n"
        "SwapTotal:       8000000 kB\nSwapFree:        7000000 kB\n"
    ),
}


@pytest.fixture
def plant(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Return a function that writes a tree of files and returns its root."""

    def write(files: dict[str, str]) -> Path:
        for name, content in files.items():
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if content.endswith("\n") else content + "\n")
        return tmp_path / "root"

    (tmp_path / "root").mkdir()
    return write


@pytest.fixture
def laptop() -> dict[str, str]:
    """Return the files of a laptop with an APU, on battery."""
    return dict(LAPTOP)
