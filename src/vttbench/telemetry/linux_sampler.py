"""Writes what a Linux machine says about itself, once an interval, as JSON lines.

This file is copied to the host and run there by whatever ``python3`` it has (>= 3.6, nothing but
the standard library): ``python3 -I -S linux_sampler.py --output FILE [--lease FILE]``.

The first line is a header with the series found and their units; every other line is one sample
with ``t`` (Unix seconds; the wall clock at the start moved on by the monotonic clock, so that
setting the clock does not bend a series), ``cpu_s`` (CPU seconds of this process and of its
nvidia-smi so far) and the values by series name. What can't be read is absent, never zero. The
last line is ``{"end": reason}``.

Sources are files of the kernel's documented ABI (Documentation/ABI/testing/sysfs-class-hwmon,
sysfs-class-powercap, gpu/amdgpu/thermal, admin-guide/pm/cpufreq). They are opened once and read
again by ``pread``: no globbing and no opening while the benchmark runs.

It is one long file because it travels as one file.
"""
# Python 3.6 has no zip(strict=), no list[str] and no X | None; pathlib is slow to import.
# ruff: noqa: B905, UP006, UP032, UP035, UP045, PTH110, PTH116, PTH118, PTH123, PTH208

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

Read = Callable[[], Optional[float]]

# Series of nvidia-smi: query field -> (name of the series, unit, factor).
NVIDIA_FIELDS = [
    ("temperature.gpu", "gpu{}_temperature_c", "°C", 1.0),
    ("clocks.sm", "gpu{}_clock_mhz", "MHz", 1.0),
    ("power.draw", "gpu{}_power_w", "W", 1.0),
    ("utilization.gpu", "gpu{}_busy_percent", "%", 1.0),
    ("memory.used", "gpu{}_vram_used_gb", "GB", 1.048576e-3),
]


class File:
    """A text file that is opened once and read again and again."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def text(self) -> Optional[str]:
        """Return the present content; None when the device behind it is gone."""
        try:
            return os.pread(self.fd, 8192, 0).decode("ascii", "replace").strip()
        except OSError:
            return None

    def number(self) -> Optional[float]:
        """Return the content as a number; None when it is something else."""
        try:
            return float(int(self.text() or ""))
        except ValueError:
            return None


def opened(path: str) -> Optional[File]:
    """Open a file that may not exist or not be ours to read."""
    try:
        return File(path)
    except OSError:
        return None


def word_in(path: str) -> str:
    """Return the content of a small file, empty if there is none."""
    file = opened(path)
    if file is None:
        return ""
    text = file.text() or ""
    os.close(file.fd)
    return text


def listing(path: str, prefix: str) -> List[str]:
    """Return paths in a folder whose names are PREFIX and a number, in the order of the number."""
    try:
        names = os.listdir(path)
    except OSError:
        return []
    numbered = [name for name in names if name.startswith(prefix) and name[len(prefix) :].isdigit()]
    return [
        os.path.join(path, name) for name in sorted(numbered, key=lambda n: int(n[len(prefix) :]))
    ]


class Sources:
    """All that this machine offers: series by name, each with its unit and how to read it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.units: Dict[str, str] = {}
        self.limits: Dict[str, float] = {}
        self.notes: Dict[str, str] = {}
        self.absent: Dict[str, str] = {}
        self.gpus = 0
        self._reads: List[Tuple[str, Read]] = []
        self._seen: Dict[str, int] = {}
        for find in (self._cpu, self._hwmon, self._rapl, self._amdgpu, self._kernel, self._battery):
            find()

    def add(self, name: str, unit: str, read: Read) -> None:
        """Keep a series if it can be read now; a second one of the same name is left out."""
        if name not in self.units:
            self.units[name] = unit
            self._reads.append((name, read))

    def sample(self) -> Dict[str, float]:
        """Return what can be read at this moment."""
        values = {}
        for name, read in self._reads:
            value = read()
            if value is not None:
                values[name] = round(value, 4)
        return values

    def _scaled(self, name: str, unit: str, path: str, factor: float) -> bool:
        file = opened(path)
        if file is None or file.number() is None:
            return False

        def read() -> Optional[float]:
            number = file.number()
            return None if number is None else number * factor

        self.add(name, unit, read)
        return True

    def _numbered(self, kind: str) -> str:
        """Name a device: the first of its kind is `nvme`, the second `nvme1`."""
        count = self._seen.get(kind, 0)
        self._seen[kind] = count + 1
        return "{}{}".format(kind, count or "")

    def _cpu(self) -> None:
        base = self.root + "/sys/devices/system/cpu"
        clocks = []
        packages = set()
        for cpu in listing(base, "cpu"):
            # Threads of one core share its clock: the first of them speaks for all.
            first = word_in(cpu + "/topology/thread_siblings_list").split(",")[0].split("-")[0]
            if first and first != cpu.rsplit("cpu", 1)[1]:
                continue
            clock = opened(cpu + "/cpufreq/scaling_cur_freq")
            if clock is not None and clock.number() is not None:
                clocks.append(clock)
            package = word_in(cpu + "/topology/physical_package_id") or "0"
            if package not in packages:
                packages.add(package)
                name = self._numbered("cpu") + "_throttle_events"
                self._scaled(name, "1", cpu + "/thermal_throttle/package_throttle_count", 1.0)
        if not clocks:
            self.absent["clock_mhz"] = "no readable cpufreq/scaling_cur_freq"
            return

        now: List[float] = []  # read once a sample, used by both series

        def mean() -> Optional[float]:
            now[:] = [
                khz / 1000.0 for khz in (clock.number() for clock in clocks) if khz is not None
            ]
            return sum(now) / len(now) if now else None

        self.add("clock_mhz", "MHz", mean)
        self.add("clock_max_mhz", "MHz", lambda: max(now) if now else None)

    def _hwmon(self) -> None:
        for device in listing(self.root + "/sys/class/hwmon", "hwmon"):
            driver = word_in(device + "/name")
            if driver in ("k10temp", "zenpower", "coretemp", "cpu_thermal"):
                socket = self._numbered("cpu_sensor")[len("cpu_sensor") :]
                name = "cpu{}_temperature_c".format(socket) if socket else "temperature_c"
                self._temperature(name, device, trust_max=driver == "coretemp")
            elif driver == "nvme":
                self._temperature(
                    self._numbered("nvme") + "_temperature_c", device, trust_max=False
                )
        if "temperature_c" not in self.units:
            self.absent["temperature_c"] = "no hwmon driver of a processor"

    def _temperature(self, name: str, device: str, trust_max: bool) -> None:
        if not self._scaled(name, "°C", device + "/temp1_input", 1e-3):
            return
        for file in ("/temp1_crit", "/temp1_max") if trust_max else ("/temp1_crit",):
            limit = opened(device + file)
            value = limit.number() if limit is not None else None
            if value is not None and value > 0:
                self.limits[name] = value / 1000.0
                return

    def _rapl(self) -> None:
        # By name: Intel shows one package twice, by MSR and by MMIO. Parts of a package have
        # other names (core, uncore, dram), and it contains most of them.
        zones: Dict[str, Tuple[File, Optional[float]]] = {}
        base = self.root + "/sys/class/powercap"
        try:
            folders = sorted(os.listdir(base))
        except OSError:
            folders = []
        for folder in folders:
            name = word_in(os.path.join(base, folder, "name"))
            if name.startswith("package") and name not in zones:
                file = opened(os.path.join(base, folder, "energy_uj"))
                full = opened(os.path.join(base, folder, "max_energy_range_uj"))
                if file is not None and file.number() is not None:
                    zones[name] = (file, full.number() if full is not None else None)
        if zones:
            self.add("package_power_w", "W", power_reader(list(zones.values()), time.monotonic))
        else:
            reason = "energy_uj is for root only" if folders else "no RAPL in powercap"
            self.absent["package_power_w"] = reason

    def _amdgpu(self) -> None:
        for card in listing(self.root + "/sys/class/drm", "card"):
            device = card + "/device"
            if opened(device + "/gpu_busy_percent") is None:
                continue  # only amdgpu has it
            gpu = self._numbered("gpu")
            self.gpus += 1
            self._scaled(gpu + "_busy_percent", "%", device + "/gpu_busy_percent", 1.0)
            self._scaled(gpu + "_vram_used_gb", "GB", device + "/mem_info_vram_used", 1e-9)
            self._scaled(gpu + "_gtt_used_gb", "GB", device + "/mem_info_gtt_used", 1e-9)
            levels = opened(device + "/pp_dpm_sclk")
            if levels is not None and current_level(levels.text()) is not None:
                self.add(gpu + "_clock_mhz", "MHz", level_reader(levels))
            for sensors in listing(device + "/hwmon", "hwmon"):
                self._temperature(gpu + "_temperature_c", sensors, trust_max=False)
                for file in ("/power1_average", "/power1_input"):  # the older and the newer name
                    if self._scaled(gpu + "_power_w", "W", sensors + file, 1e-6):
                        break
                # The driver shows the voltage of the northbridge on APUs only: there the power is
                # that of the whole socket, and adding it to the processor's would count it twice.
                if word_in(sensors + "/in1_label") == "vddnb":
                    self.notes[gpu] = "integrated"

    def _kernel(self) -> None:
        stat, load = opened(self.root + "/proc/stat"), opened(self.root + "/proc/loadavg")
        memory = opened(self.root + "/proc/meminfo")
        if stat is not None:
            self.add("cpu_busy_cores", "1", busy_reader(stat, time.monotonic))
        if load is not None:
            self.add("load_1min", "1", lambda: first_number(load.text()))
        if memory is None:
            return
        fields: Dict[str, float] = {}

        def available() -> Optional[float]:
            fields.clear()
            for line in (memory.text() or "").splitlines():
                name, _, rest = line.partition(":")
                kb = first_number(rest)
                if kb is not None:
                    fields[name] = kb * 1.024e-6
            return fields.get("MemAvailable")

        def swap() -> Optional[float]:
            if "SwapTotal" not in fields or "SwapFree" not in fields:
                return None
            return fields["SwapTotal"] - fields["SwapFree"]

        self.add("memory_available_gb", "GB", available)
        self.add("swap_used_gb", "GB", swap)

    def _battery(self) -> None:
        base = self.root + "/sys/class/power_supply"
        for battery in listing(base, "BAT"):
            power, status = opened(battery + "/power_now"), opened(battery + "/status")
            if power is None or status is None:
                continue

            def read(power: File = power, status: File = status) -> Optional[float]:
                # While it charges, power_now tells of the charger and nothing of the machine.
                number = power.number() if status.text() == "Discharging" else None
                return None if number is None else number * 1e-6

            self.add(self._numbered("battery") + "_power_w", "W", read)


def first_number(text: Optional[str]) -> Optional[float]:
    """Return the first word as a number."""
    try:
        return float((text or "").split(None, 1)[0])
    except (ValueError, IndexError):
        return None


def current_level(text: Optional[str]) -> Optional[float]:
    """Return MHz of the line that amdgpu marks with a star, as in ``1: 2900Mhz *``."""
    for line in (text or "").splitlines():
        if line.rstrip().endswith("*"):
            value = line.partition(":")[2].lower().split("mhz")[0]
            return first_number(value)
    return None


def level_reader(levels: File) -> Read:
    """Return a reader of the clock in MHz that amdgpu has chosen."""
    return lambda: current_level(levels.text())


def power_reader(zones: List[Tuple[File, Optional[float]]], clock: Callable[[], float]) -> Read:
    """Return a reader of mean watts since its last call, from counters of microjoules.

    A counter that went round is set right by its range; where the range is unknown, or a counter
    could not be read, that sample is absent.
    """
    last: List[Any] = [None, None]

    def read() -> Optional[float]:
        now = clock()
        counts = [file.number() for file, _ in zones]
        before, then = last
        last[:] = [counts, now]
        if before is None or now <= then:
            return None
        joules = 0.0
        for new, old, (_, full) in zip(counts, before, zones):
            if new is None or old is None:
                return None
            if new < old:
                if full is None:
                    return None
                new += full
            joules += (new - old) * 1e-6
        return float(joules / (now - then))

    return read


def busy_reader(stat: File, clock: Callable[[], float]) -> Read:
    """Return a reader of the number of busy cores since its last call."""
    last: List[Any] = [None, None]

    def read() -> Optional[float]:
        now = clock()
        try:
            words = (stat.text() or "").split("\n", 1)[0].split()
            # user, nice, system, irq, softirq; not idle, iowait and steal
            busy = float(sum(int(words[i]) for i in (1, 2, 3, 6, 7)))
        except (ValueError, IndexError):
            return None
        before, then = last
        last[:] = [busy, now]
        if before is None or now <= then:
            return None
        return float(max(0.0, (busy - before) / os.sysconf("SC_CLK_TCK") / (now - then)))

    return read


def parse_nvidia(line: str, factors: List[float]) -> List[Optional[float]]:
    """Read one line of ``nvidia-smi --format=csv,noheader,nounits``.

    ``N/A``, ``[N/A]``, ``[Not Supported]``, ``[Unknown Error]`` and everything else that is not a
    finite number is None, as are columns that an older version does not print.
    """
    values: List[Optional[float]] = []
    for word in line.split(","):
        try:
            number = float(word)
        except ValueError:
            values.append(None)
            continue
        values.append(number if number - number == 0 else None)
    values += [None] * (len(factors) - len(values))
    return [None if v is None else v * factor for v, factor in zip(values, factors)]


class Nvidia:
    """A running nvidia-smi whose lines are picked up without waiting for them."""

    def __init__(self, command: str, interval: float, first: int) -> None:
        self.first = first  # number of its first card: others may stand before it
        fields = ",".join(["index"] + [field for field, _, _, _ in NVIDIA_FIELDS])
        argv = [command, "--query-gpu=" + fields, "--format=csv,noheader,nounits"]
        argv.append("--loop-ms={}".format(max(100, int(interval * 1000))))
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        self.fd = self.process.stdout.fileno()
        os.set_blocking(self.fd, False)
        self.rest = b""

    def sample(self) -> Dict[str, float]:
        """Return the values that came since the last call, by series name."""
        try:
            self.rest += os.read(self.fd, 65536)
        except OSError:
            return {}
        lines = self.rest.split(b"\n")
        self.rest = lines.pop()
        values = {}
        for line in lines:
            numbers = parse_nvidia(
                line.decode("ascii", "replace"),
                [1.0] + [factor for _, _, _, factor in NVIDIA_FIELDS],
            )
            if numbers[0] is None:
                continue  # a message, not a row
            for (_, name, _, _), number in zip(NVIDIA_FIELDS, numbers[1:]):
                if number is not None:
                    values[name.format(self.first + int(numbers[0]) or "")] = round(number, 4)
        return values

    def cpu_s(self) -> float:
        """Return CPU seconds of the running nvidia-smi."""
        try:
            with open("/proc/{}/stat".format(self.process.pid)) as file:
                words = file.read().rsplit(")", 1)[1].split()
            return (int(words[11]) + int(words[12])) / float(os.sysconf("SC_CLK_TCK"))
        except (OSError, ValueError, IndexError):
            return 0.0

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def reason_to_end(arguments: argparse.Namespace, deadline: float) -> Optional[str]:
    """Say why sampling is over: so that it never outlives a controller that is lost."""
    if time.monotonic() >= deadline:
        return "max-seconds"
    if arguments.lease:
        try:
            lease = os.stat(arguments.lease)
        except OSError:
            return "lease is gone"
        if lease.st_nlink == 0:  # "." of a folder that was removed can still be asked
            return "lease is gone"
        age = time.time() - lease.st_mtime
        if arguments.lease_seconds and age > arguments.lease_seconds:
            return "lease is old"
    if arguments.parent and not os.path.exists("/proc/{}".format(arguments.parent)):
        return "parent is gone"
    return None


def run(arguments: argparse.Namespace) -> None:
    """Sample until told to end."""
    ending = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    # Blocked and waited for: a signal ends the wait at once and never tears a line apart.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    wall, started = time.time(), time.monotonic()
    sources = Sources(arguments.root.rstrip("/"))
    nvidia = None
    if arguments.nvidia_smi:
        try:
            nvidia = Nvidia(arguments.nvidia_smi, arguments.interval, sources.gpus)
        except OSError as error:
            sources.absent["nvidia"] = str(error)
    units = dict(sources.units)
    if nvidia is not None:
        units.update((name, unit) for _, name, unit, _ in NVIDIA_FIELDS)  # with {} for its number
    fd = os.open(arguments.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def write(line: Dict[str, Any]) -> None:
        os.write(fd, (json.dumps(line) + "\n").encode())

    write(
        {
            "vttbench_sampler": 1,
            "interval_s": arguments.interval,
            "started": wall,
            "pid": os.getpid(),
            "units": units,
            "limits": sources.limits,
            "notes": sources.notes,
            "absent": sources.absent,
        }
    )
    due, reason = started, None
    while reason is None:
        line = {"t": round(wall + time.monotonic() - started, 3)}
        line.update(sources.sample())
        if nvidia is not None:
            line.update(nvidia.sample())
        line["cpu_s"] = round(time.process_time() + (nvidia.cpu_s() if nvidia else 0.0), 4)
        write(line)
        due = max(due + arguments.interval, time.monotonic())  # after a pause: no burst
        got = signal.sigtimedwait(ending, max(0.0, due - time.monotonic()))
        reason = "signal" if got else reason_to_end(arguments, started + arguments.max_seconds)
    if nvidia is not None:
        nvidia.close()
    write({"end": reason, "t": round(wall + time.monotonic() - started, 3)})


def main(argv: Optional[List[str]] = None) -> int:
    """Read the command line and sample."""
    parser = argparse.ArgumentParser(description="Record what this machine says about itself.")
    parser.add_argument("--output", required=True, help="file for the JSON lines")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between samples")
    parser.add_argument("--max-seconds", type=float, default=86400.0, help="end after so long")
    parser.add_argument("--lease", help="end when this file or folder is gone")
    parser.add_argument(
        "--lease-seconds", type=float, help="end when it was not changed for so long"
    )
    parser.add_argument("--parent", type=int, help="end when this process is gone")
    parser.add_argument("--nvidia-smi", metavar="COMMAND", help="also read NVIDIA cards by it")
    parser.add_argument("--root", default="", help="where sysfs and procfs begin, for tests")
    run(parser.parse_args(argv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
