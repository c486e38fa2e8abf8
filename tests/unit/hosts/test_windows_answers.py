"""What a Windows host says, in the dresses that PowerShell puts it in, and what is made of it."""

import json
from datetime import UTC, datetime

import pytest

from vttbench.hosts.windows import description, power, room
from vttbench.hosts.windows.cim import Answers, answers, moment, number, rows_of
from vttbench.hosts.windows.host import WindowsHostError, ask, complaint, said
from vttbench.hosts.windows.paths import drive, join, windows_path

BALANCED = "381b4222-f694-41f0-9685-ff5bb260df2e"


def found(**rows):
    return Answers({name: list(values) for name, values in rows.items()})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        ({"value": [1, 2], "Count": 2}, [1, 2]),
        ("one", ["one"]),
        ({"Name": "a"}, [{"Name": "a"}]),
        (None, []),
    ],
)
def test_a_list_is_a_list_however_powershell_5_writes_it(value, expected):
    assert rows_of(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(12, 12.0), ("12.5", 12.5), ("12,5", 12.5), ("1.234,5", 1234.5), (True, None), ("n/a", None),
     (None, None), (float("nan"), None)],
)  # fmt: skip
def test_numbers_come_with_a_point_or_with_a_comma(text, expected):
    assert number(text) == expected


@pytest.mark.parametrize(
    "text",
    ["2026-11-25T14:00:00.1234567Z", "/Date(1795615200123)/", "20261125150000.123000+060"],
)
def test_times_come_in_three_ways_and_mean_the_same(text):
    found_at = moment(text)
    assert found_at is not None
    assert abs((found_at - datetime(2026, 11, 25, 14, 0, 0, 123000, UTC)).total_seconds()) < 0.001


def test_a_class_that_windows_does_not_have_costs_no_other():
    got = answers({"gpu": {"error": "Invalid class"}, "cpu": {"rows": [{"Name": "x"}]}})
    assert got.first("cpu") == {"Name": "x"}
    assert got.rows("gpu") == []
    assert not got.told("gpu")
    assert got.errors == {"gpu": "Invalid class"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~/.cache/vttbench/work", r"C:\ProgramData\vttbench\work"),
        ("C:/models/a b", r"C:\models\a b"),
        ("D:/", "D:\\"),
        ("D:", "D:\\"),
        (r"C:\x\y", r"C:\x\y"),
        (r"\\server\share\x", r"\\server\share\x"),
    ],
)
def test_paths_of_roles_become_paths_of_windows(path, expected):
    assert windows_path(path) == expected


def test_a_home_that_nobody_can_tell_is_refused():
    with pytest.raises(ValueError, match="name a drive"):
        windows_path("~/models")


def test_the_drive_of_a_path():
    assert drive(r"d:\x") == "D:"
    assert drive(r"\\server\x") is None
    assert join("C:\\", "x") == r"C:\x"


class Host:
    """Answers as the module does."""

    def __init__(self, **result):
        self.result = result
        self.request = {}

    def __call__(self, name, arguments):
        self.request = json.loads(arguments["parameters"]["Request"])
        return self.result


def test_only_what_is_wished_is_asked_for():
    host = Host(output=[json.dumps({"pid": 7, "sizes": {"a": 5}})])
    assert ask(host, sizes=["a"]).sizes == {"a": 5}
    assert set(host.request) == {"sizes", "limit"}


def test_a_script_that_failed_says_why_in_one_line():
    host = Host(failed=True, msg="Unhandled\r\n exception", error=[])
    with pytest.raises(WindowsHostError, match="Unhandled exception"):
        ask(host, sizes=["a"])


def test_an_answer_that_was_cut_off_is_damaged_and_not_half_believed():
    with pytest.raises(WindowsHostError, match="damaged"):
        said({"output": ['{"pid": 7, "fi']})
    with pytest.raises(WindowsHostError, match="printed nothing"):
        said({"output": []})


def test_a_complaint_names_what_the_exception_said():
    assert complaint({"msg": "", "error": [{"exception": {"message": "Access is denied"}}]}) == (
        "Access is denied"
    )


def test_a_file_that_was_too_large_is_said_to_be_cut():
    host = Host(output=[json.dumps({"files": {"a": {"size": 9, "base64": "eHg="}}})])
    answer = ask(host, files=["a"])
    assert answer.files == {"a": b"xx"}
    assert answer.cut == {"a"}


PLANS = [
    {"InstanceID": f"Microsoft:PowerPlan\\{{{BALANCED}}}", "ElementName": "Ausbalanciert",
     "IsActive": True},
    {"InstanceID": "Microsoft:PowerPlan\\{8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c}",
     "ElementName": "Höchstleistung", "IsActive": False},
]  # fmt: skip


def index(plan, line, setting, value):
    name = f"Microsoft:PowerSettingDataIndex\\{{{plan}}}\\{line}\\{{{setting}}}"
    return {"InstanceID": name, "SettingIndexValue": value}


def test_a_plan_has_one_name_on_every_host_whatever_its_language():
    plan = power.active_plan(found(plans=PLANS))
    assert plan is not None
    assert plan.title == "Balanced"


def test_a_setting_is_that_of_the_active_plan_on_mains():
    other = "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c"
    settings = [
        index(other, "AC", power.STANDBY, 1),
        index(BALANCED, "DC", power.STANDBY, 2),
        index(BALANCED, "AC", power.LID, 3),
        index(BALANCED, "AC", power.STANDBY, 900),
    ]
    assert power.setting(found(plans=PLANS, settings=settings), power.STANDBY) == 900
    assert power.setting(found(plans=PLANS, settings=settings), power.STANDBY, plan=other) == 1
    assert power.setting(found(plans=PLANS), power.STANDBY) is None


@pytest.mark.parametrize(
    ("rows", "source"),
    [
        ({"battery_line": [{"PowerOnline": True}]}, "mains"),
        ({"battery_line": [{"PowerOnline": False}], "battery": [{"BatteryStatus": 2}]}, "battery"),
        ({"battery": [{"BatteryStatus": 1}]}, "battery"),
        ({"battery": [{"BatteryStatus": 2}]}, "mains"),
        ({"battery": []}, "mains"),
        ({}, None),
    ],
)
def test_power_source_is_told_or_absent(rows, source):
    assert power.power_source(found(**rows)) == source


def described(**rows):
    rows = {
        "computer": [{"Manufacturer": "HP", "Model": "HP ZBook"}],
        "product": [{"UUID": "5F7A2C10-3B44-11EF-8A6E-000000000001", "IdentifyingNumber": "5CG1"}],
        "cpu": [{"Name": "AMD  Ryzen ", "NumberOfCores": 16, "NumberOfLogicalProcessors": 32}],
    } | rows
    return description.describe("zbook-01", {}, found(**rows))


def test_a_host_is_described_and_its_serial_number_is_not():
    host = described()
    assert (host.model, host.cpu, host.cores, host.threads) == ("HP ZBook", "AMD Ryzen", 16, 32)
    assert "5cg1" not in host.model_dump_json().lower()
    assert "5f7a2c10" not in host.model_dump_json().lower()


def test_the_identity_follows_from_the_machine_alone():
    first = described().serial_hash
    assert described(bios=[{"SMBIOSBIOSVersion": "2"}]).serial_hash == first
    other = {"UUID": "5F7A2C10-3B44-11EF-8A6E-000000000002"}
    assert described(product=[other]).serial_hash != first


def test_a_number_that_a_maker_gave_every_board_is_no_identity():
    board = {"UUID": "03000200-0400-0500-0006-000700080009", "IdentifyingNumber": ""}
    assert described(product=[board]).serial_hash is None


def test_the_picture_of_remote_desktop_is_no_graphics_processor():
    host = described(gpus=[{"Name": "Microsoft Basic Display Adapter"}, {"Name": "Radeon 8060S"}])
    assert host.gpu == "Radeon 8060S"


def test_what_defender_leaves_alone_is_part_of_every_result():
    host = described(
        defender=[
            {"DisableRealtimeMonitoring": False, "ExclusionPath": "C:\\ProgramData\\vttbench"}
        ]
    )
    assert host.details["defender"] == {
        "real_time": True,
        "exclusions": ["C:\\ProgramData\\vttbench"],
    }


DISK = {"DeviceID": "C:", "DriveType": 3, "FreeSpace": 900 * 10**9, "FileSystem": "NTFS"}


@pytest.mark.parametrize(
    ("disks", "path", "reason"),
    [
        ([DISK], r"C:\x", ""),
        ([DISK], r"E:\x", "no drive E:"),
        ([DISK], r"\\server\x", "no drive of this host"),
        ([DISK | {"FreeSpace": 10**9}], r"C:\x", "1.0 GB free and 5.4 GB are needed"),
        ([DISK | {"DriveType": 4}], r"C:\x", "a network drive"),
        ([DISK | {"DriveType": 2}], r"C:\x", "a removable disk"),
    ],
)
def test_a_disk_that_can_not_be_measured_is_refused_with_the_reason(disks, path, reason):
    said_why = room.refusal(found(disks=disks), path, "4G")
    assert reason in said_why
    assert bool(said_why) == bool(reason)
