"""Where the machine gets its power from, and what it is told to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vttbench.hosts.probe import Probe

_CPU0 = "/sys/devices/system/cpu/cpu0/cpufreq"
_SUPPLY = r"/sys/class/power_supply/([^/]+)"
# SMBIOS chassis types of machines that have no battery to run on: desktop to tower, all-in-one,
# space-saving, servers, blade, mini PC (DSP0134, 7.4.1).
_STATIONARY = {"3", "4", "5", "6", "7", "13", "15", "16", "17", "23", "28", "35", "36"}


def power_source(probe: Probe) -> Literal["mains", "battery"] | None:
    """Return what feeds the machine; None where it can't be told."""
    types = probe.matching(rf"{_SUPPLY}/type")
    online = probe.matching(rf"{_SUPPLY}/online")
    status = probe.matching(rf"{_SUPPLY}/status")
    scope = probe.matching(rf"{_SUPPLY}/scope")
    own = {name: kind for name, kind in types.items() if scope.get(name) != "Device"}
    if any(kind in ("Mains", "USB") and online.get(name) == "1" for name, kind in own.items()):
        return "mains"
    batteries = [name for name, kind in own.items() if kind == "Battery"]
    if any(status.get(name) == "Discharging" for name in batteries):
        return "battery"
    if any(status.get(name) in ("Charging", "Full", "Not charging") for name in batteries):
        return "mains"
    if not batteries and probe.word("/sys/class/dmi/id/chassis_type") in _STATIONARY:
        return "mains"
    return None


@dataclass(frozen=True)
class PowerPolicy:
    """What decides on the clocks; each part is None where the host does not have it."""

    platform_profile: str | None
    daemon_profile: str | None
    driver: str | None
    governor: str | None
    preference: str | None

    @property
    def name(self) -> str | None:
        """Return it in one line, e.g. ``performance, powersave/balance_performance``."""
        governor = "/".join(part for part in (self.governor, self.preference) if part)
        profile = self.platform_profile or self.daemon_profile
        return ", ".join(part for part in (profile, governor) if part) or None

    @property
    def complaint(self) -> str | None:
        """Say what holds the machine back, None where nothing does.

        The governor ``powersave`` is the normal one of the drivers that choose clocks themselves
        (amd-pstate-epp, intel_pstate); there the energy preference decides.
        """
        profile = self.platform_profile or self.daemon_profile
        if profile in ("low-power", "quiet", "cool", "power-saver"):
            return f"the power profile is {profile}"
        itself = (self.driver or "").startswith(("amd-pstate-epp", "intel_pstate"))
        if self.governor == "powersave" and not itself:
            return "the governor is powersave, which keeps the lowest clock"
        if self.preference in ("power", "balance_power"):
            return f"the energy preference is {self.preference}"
        return None


def power_policy(probe: Probe) -> PowerPolicy:
    """Read profile, governor and preference."""
    return PowerPolicy(
        platform_profile=probe.word("/sys/firmware/acpi/platform_profile"),
        daemon_profile=probe.word("powerprofilesctl"),
        driver=probe.word(f"{_CPU0}/scaling_driver"),
        governor=probe.word(f"{_CPU0}/scaling_governor"),
        preference=probe.word(f"{_CPU0}/energy_performance_preference"),
    )
