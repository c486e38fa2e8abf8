"""The tables of docs/benchmarks say what the parsers give, with the values of real runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vttbench.benchmarks import fio, sevenzip
from vttbench.benchmarks.fio_jobs import JOBS

DOCS = Path(__file__).parents[3] / "docs/benchmarks"


def rows(page: str) -> dict[str, tuple[str, str, str, str]]:
    """Return unit, direction, decides and example by metric."""
    table = {}
    for line in (DOCS / page).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[2] in ("higher", "lower"):
            names = re.findall(r"`([^`]+)`", cells[0])
            examples = cells[4].split(", ")
            for name, example in zip(names, examples, strict=True):
                table[name] = (cells[1], cells[2], cells[3], example)
    assert table
    return table


def documented(reading, table):
    row = table.get(reading.name) or table["…_latency_" + reading.name.partition("_latency_")[2]]
    direction = "higher" if reading.higher_is_better else "lower"
    assert row[:3] == (reading.unit, direction, "yes" if reading.primary else "no")
    return row[3]


@pytest.mark.parametrize("job", JOBS)
def test_the_page_of_fio_says_every_metric_as_it_is_with_the_value_of_the_recorded_run(
    recorded, job
):
    table = rows("fio.md")
    for reading in fio.parse(recorded("fio", f"3.33-{job}")).readings:
        example = documented(reading, table)
        if reading.name in table or job == "random-read":
            assert float(example) == pytest.approx(reading.value, rel=0.01)


def test_the_page_of_7zip_says_every_metric_as_it_is(recorded):
    table = rows("sevenzip.md")
    readings = sevenzip.parse(recorded("sevenzip", "26.02-linux")).readings
    for reading in readings:
        documented(reading, table)
    assert set(table) == {reading.name for reading in readings}
