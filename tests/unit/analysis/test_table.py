"""The table of all results."""

import json

import polars as pl
import pytest

from vttbench.analysis.columns import COLUMNS, SCHEMA
from vttbench.analysis.rows import drift_of, driver_of, rows_of, workload_of
from vttbench.analysis.table import read_table, table_of
from vttbench.result import Host, SeriesSummary, Status, Telemetry
from vttbench.store import ResultStore


def test_rows_have_the_names_and_types_that_are_promised(make_result, make_table):
    frame = make_table([make_result(), make_result(status=Status.FAILED, session=1)]).frame
    assert dict(frame.schema) == SCHEMA
    assert set(rows_of(make_result())[0]) == set(SCHEMA)
    assert all(column.text for column in COLUMNS)
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)


def test_a_result_without_a_metric_has_one_row_that_says_why(make_result, make_table):
    (row,) = make_table([make_result(status=Status.FAILED)]).frame.to_dicts()
    assert (row["metric"], row["value"], row["n_samples"]) == (None, None, 0)
    assert (row["status"], row["error_kind"], row["error"]) == ("failed", "crashed", "why not")


def test_results_in_two_directories_count_once_and_broken_ones_are_named(make_result, tmp_path):
    result = make_result()
    for name in ("a", "b"):
        ResultStore(tmp_path / name).write(result)
    broken = tmp_path / "a" / "linux" / "zbook-01" / "20261125T074512.123Z-sevenzip.json"
    broken.write_text(json.dumps({"schema_version": "1.0"}))
    table = read_table([tmp_path / "a", tmp_path / "b"])
    assert len(table.frame) == 1
    assert str(broken) in table.problems[0]


def test_no_results_are_an_empty_table_of_the_same_columns(tmp_path):
    assert dict(read_table([tmp_path]).frame.schema) == SCHEMA
    assert table_of([]).frame.is_empty()


def test_the_workload_outlives_drivers_and_versions_and_not_parameters(make_result):
    one = workload_of(make_result(driver="1", tool_version="26.02", power_profile="balanced"))
    assert one == workload_of(make_result(driver="2", tool_version="27.00"))
    assert one != workload_of(make_result(parameters={"threads": 8}))
    assert one == workload_of(make_result(parameters={"flags": "-fa 1"}))


def test_temperature_clock_and_driver_come_from_the_document(make_result):
    telemetry = Telemetry(
        interval_s=1,
        summary={
            "temperature_c": SeriesSummary(unit="°C", minimum=40, mean=70, maximum=82),
            "energy_j": SeriesSummary(unit="J", minimum=100, mean=300, maximum=600),
        },
        throttled=True,
    )
    row = rows_of(make_result(telemetry=telemetry, driver="AMD 26.8.1"))[0]
    assert (row["temperature_mean_c"], row["temperature_max_c"]) == (70, 82)
    assert (row["energy_j"], row["clock_mean_mhz"], row["throttled"]) == (500, None, True)
    assert row["driver"] == "AMD 26.8.1"
    assert row["tags"] == "profile:quick,throttled"


@pytest.mark.parametrize(
    ("samples", "higher", "drift"),
    [
        ([100, 99, 98, 97, 96], True, -4 / 98),
        ([100, 101, 102, 103], False, -3 / 101.5),
        ([100, 100, 50, 100, 100], True, 0.0),
        ([100, 99, 98], True, None),
    ],
)
def test_drift_is_the_change_of_speed_over_a_run(samples, higher, drift):
    found = drift_of(samples, higher_is_better=higher)
    assert found == (None if drift is None else pytest.approx(drift))


def test_a_table_of_categories_is_analysed_as_well(make_series, make_table):
    """The dashboard keeps its columns as categories."""
    from vttbench.analysis.lottery import lotteries
    from vttbench.analysis.regressions import find_shifts

    results = make_series([1000.0 + n % 3 for n in range(12)])
    results += make_series([1001.0 + n % 3 for n in range(12)], host="zbook-02")
    table = make_table(results)
    names = [c.name for c in COLUMNS if c.dtype == pl.String() and table.frame[c.name].n_unique()]
    frame = table.frame.with_columns(pl.col(names).cast(pl.Categorical))
    assert find_shifts(frame).series == 2
    assert len(lotteries(frame, table.conditions)) == 1


@pytest.mark.parametrize(
    ("details", "driver"),
    [
        ({"gpus": [{"driver": "amdgpu", "driver_version": "6.12.12"}]}, "amdgpu 6.12.12"),
        ({"gpus": [{"driver": "amdgpu"}]}, None),
        ({"gpus": [{"name": "AMD Radeon 8060S", "driver": "32.0.21013.1"}]}, "32.0.21013.1"),
        ({"nvidia": [{"name": "RTX", "driver_version": "581.80"}]}, "nvidia 581.80"),
        ({"vulkan": [{"type": "PHYSICAL_DEVICE_TYPE_CPU", "driver_version": "Mesa 22"}]}, None),
        ({}, None),
    ],
)
def test_the_driver_is_read_as_linux_and_windows_tell_it(details, driver):
    host = Host(name="a", os_family="windows", details=details)
    assert driver_of(host) == driver
