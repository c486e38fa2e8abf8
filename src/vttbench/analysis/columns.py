"""The columns of the table of results: what they hold, in which unit, where it comes from.

Analysis and dashboard work on this table and on nothing else, so its columns are a promise: names
and types stay, new ones are added at the end. :data:`SCHEMA` is what polars needs of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_TEXT, _NUMBER, _FLAG, _COUNT = pl.String(), pl.Float64(), pl.Boolean(), pl.Int32()
_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column of the table of results.

    Attributes:
        name: of the column.
        dtype: as polars has it.
        text: what it holds and when it is null.
    """

    name: str
    dtype: pl.DataType
    text: str


COLUMNS: tuple[Column, ...] = (
    Column("result_id", _TEXT, "UUIDv7 of the result; a result with n metrics has n rows"),
    Column("suite_id", _TEXT, "one run of the whole suite"),
    Column("session_id", _TEXT, "one pass over the suite on a host after a cool-down"),
    Column("started_at", _TIME, "start, UTC"),
    Column("finished_at", _TIME, "end, UTC"),
    Column("host", _TEXT, "name in the inventory"),
    Column("fleet", _TEXT, "machines that are meant to be identical; null for a single one"),
    Column("os_family", _TEXT, "linux or windows"),
    Column("os", _TEXT, "distribution or edition with its version"),
    Column("benchmark", _TEXT, "sevenzip, stream, fio, llama, ..."),
    Column(
        "variant", _TEXT, "which of several, such as a fio job or a model; null for the only one"
    ),
    Column("workload", _TEXT, "16 hex digits: benchmark, its version, variant and parameters"),
    Column("comparability_key", _TEXT, "16 hex digits: what must be equal to compare two values"),
    Column("tool", _TEXT, "program that was measured with"),
    Column("tool_version", _TEXT, "its version, as it says"),
    Column("tool_build", _TEXT, "commit or compiler of its build"),
    Column("backend", _TEXT, "what a model ran on, e.g. CPU, Vulkan, ROCm"),
    Column("model", _TEXT, "name of the language model"),
    Column("quant", _TEXT, "its quantisation, e.g. Q4_K_M"),
    Column("size_gb", _NUMBER, "its size in GB"),
    Column("context", _COUNT, "tokens of prompt and of what stood before it"),
    Column("synthetic", _FLAG, "the model's weights are noise; null without a model"),
    Column("status", _TEXT, "ok, unstable, failed, partial, skipped"),
    Column("error_kind", _TEXT, "install, preflight, timeout, crashed, ...; null when ok"),
    Column("error", _TEXT, "one sentence; null when ok"),
    Column("metric", _TEXT, "name; null for a result without any metric, which has one row"),
    Column("unit", _TEXT, "of value and interval"),
    Column("higher_is_better", _FLAG, "direction"),
    Column("primary", _FLAG, "whether repeats went on until it was stable"),
    Column("value", _NUMBER, "mean of the repeats"),
    Column("ci_low", _NUMBER, "lower end of the 95 % interval of the mean; null for n < 2"),
    Column("ci_high", _NUMBER, "upper end"),
    Column("cv", _NUMBER, "standard deviation over mean of the repeats, 0.01 is 1 %"),
    Column("n_samples", _COUNT, "repeats that count"),
    Column("drift", _NUMBER, "change of speed from first to last repeat, -0.05 is 5 % slower"),
    Column("cpu", _TEXT, "processor"),
    Column("gpu", _TEXT, "graphics processor"),
    Column("memory_gb", _NUMBER, "main memory in GiB"),
    Column("machine", _TEXT, "maker's name of the machine"),
    Column("power_source", _TEXT, "mains or battery"),
    Column("power_profile", _TEXT, "governor, power plan"),
    Column("driver", _TEXT, "driver of the graphics processor with its version"),
    Column("bios", _TEXT, "version and date"),
    Column("kernel", _TEXT, "of the operating system"),
    Column("microcode", _TEXT, "of the processor"),
    Column("temperature_mean_c", _NUMBER, "processor, mean over the run, in degrees Celsius"),
    Column("temperature_max_c", _NUMBER, "the hottest of it"),
    Column("clock_mean_mhz", _NUMBER, "processor, mean over its cores and the run"),
    Column("clock_min_mhz", _NUMBER, "the lowest of it"),
    Column("power_mean_w", _NUMBER, "the machine, or what of it can be measured"),
    Column("energy_j", _NUMBER, "of the whole run"),
    Column("throttled", _FLAG, "slowed down by heat; null where it can't be known"),
    Column("preflight", _TEXT, "worst of the checks before the run: ok, warn, fail"),
    Column("preflight_warnings", _TEXT, "names of the checks that were not ok, with commas"),
    Column("profile", _TEXT, "quick, standard, full"),
    Column("play_id", _TEXT, "one run of ansible-playbook"),
    Column("vttbench_version", _TEXT, "that made the result"),
    Column("git_commit", _TEXT, "of the checkout that made the result"),
    Column("tags", _TEXT, "words to filter by, with commas: demo, profile:quick, throttled, ..."),
    Column("path", _TEXT, "the document's file"),
    Column("median", _NUMBER, "of the repeats; what analysis works with: no wild repeat bends it"),
    Column(
        "clock_drop",
        _NUMBER,
        "clock from first to last third of a run, -0.05 is 5 % less",
    ),
)

SCHEMA: dict[str, pl.DataType] = {column.name: column.dtype for column in COLUMNS}


def empty() -> pl.DataFrame:
    """Return the table without a row."""
    return pl.DataFrame(schema=SCHEMA)
