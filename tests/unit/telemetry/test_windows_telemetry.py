"""From what CIM classes say to series of telemetry."""

import json
from datetime import UTC, datetime

from vttbench.hosts.windows.cim import Answers
from vttbench.telemetry import recording, series
from vttbench.telemetry.windows import UNITS, request, sample_of, translate

CIM = {
    "processor": {
        "rows": [
            {"Name": "0,_Total", "PercentProcessorPerformance": 1, "ProcessorFrequency": 1},
            {
                "Name": "_Total",
                "PercentProcessorPerformance": "165",
                "ProcessorFrequency": 3000,
                "PercentProcessorTime": 50,
            },
        ]
    },
    "threads": {"rows": [{"NumberOfLogicalProcessors": 32}]},
    "zones": {"rows": [{"Name": "TZ01", "HighPrecisionTemperature": 3432, "Temperature": 343}]},
    "memory": {"rows": [{"AvailableBytes": 64_000_000_000}]},
    "battery": {"rows": [{"Discharging": True, "DischargeRate": 45_500}]},
    "sensors": {"error": "Invalid namespace"},
}


def sampler(*samples):
    header = {"windows_sampler": 1, "pid": 9, "started": 1000.0, "interval_s": 2}
    end = {"end": "stop", "t": 1010.0}
    return "\n".join(json.dumps(line) for line in (header, *samples, end)).encode()


def test_the_classes_become_the_series_of_the_other_system():
    recorded = recording.parse(translate(sampler({"t": 1002.0, "cim": CIM, "cpu_s": 0.5})))
    assert {name: points[0][1] for name, points in recorded.series.items()} == {
        "clock_mhz": 4950.0,
        "cpu_busy_cores": 16.0,
        "zone_temperature_c": 70.05,
        "memory_available_gb": 64.0,
        "battery_power_w": 45.5,
    }
    assert recorded.units["clock_mhz"] == "MHz"
    assert (recorded.interval_s, recorded.cpu_s, recorded.ended) == (2.0, 0.5, "stop")


def test_what_windows_does_not_tell_is_absent_with_what_would_tell_it():
    recorded = recording.parse(translate(sampler({"t": 1002.0, "cim": CIM})))
    assert "LibreHardwareMonitor" in recorded.absent["temperature_c"]


def test_the_hardware_s_own_sensors_are_read_where_somebody_offers_them():
    rows = [
        {"Identifier": place, "Name": name, "SensorType": kind, "Value": value}
        for place, name, kind, value in (
            ("/amdcpu/0/temperature/2", "Core (Tctl/Tdie)", "Temperature", "71,5"),
            ("/amdcpu/0/power/0", "Package", "Power", 88.25),
            ("/gpu-amd/0/clock/0", "GPU Core", "Clock", 2900),
            ("/ram/data/0", "Memory Used", "Data", 12),
        )
    ]
    assert sample_of(Answers({"sensors": rows}), None) == {
        "temperature_c": 71.5,
        "package_power_w": 88.25,
        "gpu_clock_mhz": 2900.0,
    }


def test_a_thermal_zone_that_was_never_built_is_no_temperature():
    zones = [{"HighPrecisionTemperature": 0, "Temperature": 0}]
    assert "zone_temperature_c" not in sample_of(Answers({"zones": zones}), None)


def test_mains_gives_no_power_of_the_battery():
    on_mains = [{"Discharging": False, "DischargeRate": 0}]
    assert sample_of(Answers({"battery": on_mains}), None) == {}


def test_a_line_that_was_cut_off_costs_only_itself():
    lines = sampler({"t": 1002.0, "cim": CIM})[:-20] + b'{"t": 1004, "ci'
    recorded = recording.parse(translate(lines))
    assert len(recorded.series["clock_mhz"]) == 1


def test_a_file_without_a_beginning_is_no_telemetry():
    assert translate(b"") == b""


def test_it_makes_the_telemetry_of_a_result():
    lines = translate(sampler(*({"t": 1000.0 + t, "cim": CIM} for t in range(0, 10, 2))))
    telemetry = series.read(lines, datetime.fromtimestamp(1000, UTC))
    assert telemetry.summary["clock_mhz"].mean == 4950.0
    assert telemetry.summary["energy_j"].maximum > 0


def test_no_counter_is_asked_for_by_a_name_that_windows_translates():
    asked = json.dumps(request(folder="C:\\w", interval_s=1, lifetime_s=9, lease_s=9))
    assert "\\\\Processor" not in asked
    assert all(query["class"].isascii() for query in json.loads(asked)["cim"])
    assert set(UNITS) >= {"clock_mhz", "zone_temperature_c"}
