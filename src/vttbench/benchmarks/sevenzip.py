"""7-Zip's built-in benchmark: ``7z b``, ``7zz b``, ``7za b``.

The table has had several shapes: p7zip 9.20 and 16.02 leave the speed out of their ``Avr:`` line,
Windows ends lines in CR LF, newer versions print more lines above. So columns are found by the
table's own header and counted from the right, and the total is 7-Zip's own (``Tot:``), never a
column of ``Avr:``.

Ratings are in MIPS as 7-Zip defines them: normalised speed of LZMA, not instructions counted.
Usage is in percent of one thread.
"""

from __future__ import annotations

import math
import re

from vttbench.benchmarks.output import OutputError, Parsed, RawOutput, Reading
from vttbench.benchmarks.text import decode, number, require_success, tail
from vttbench.result import AbsentMetric, Scalar

_VERSION = re.compile(
    r"^\s*7-Zip\s+(?:\((?P<edition>\w+)\)\s+)?(?:\[\w+\]\s+)?"
    r"(?P<version>\d+\.\d+\S*(?: (?:alpha|beta))?)[^\n]*\bCopyright",
    re.MULTILINE,
)
_HEADER = re.compile(
    r"^(?P<left>[^|\n]*\bUsage\b[^|\n]*\bRating)\s*\|(?P<right>[^|\n]*\bUsage\b[^|\n]*\bRating)\s*$",
    re.MULTILINE,
)
_COLUMN = re.compile(r"R\s*/\s*U|\w+")
_ROW = re.compile(r"^\s*(?P<dictionary>\d+):(?P<rest>.*\|.*)$", re.MULTILINE)
_AVERAGE = re.compile(r"^\s*Avr:(?P<rest>.*)$", re.MULTILINE)
_TOTAL = re.compile(r"^\s*Tot:(?P<rest>[^\n|]*)$", re.MULTILINE)
_CLOCK = re.compile(
    r"^(?:1T )?CPU Freq(?: \(MHz\))?:(?P<values>(?:[ \t]+[-\d]+)+)\s*$", re.MULTILINE
)
_BUILD = re.compile(r"^.*\blocale=(?P<words>.*)$", re.MULTILINE)  # not on Windows
_COMPILER = re.compile(r"^Compiler:\s*(?P<compiler>.*?)\s*$", re.MULTILINE)


def parse(raw: RawOutput) -> Parsed:
    """Read the output of 7-Zip's benchmark.

    Args:
        raw: stdout of one run with one number of threads.

    Returns:
        Compression, decompression and total rating (MIPS, primary), CPU usage of each (%) and
        7-Zip's own estimate of the clock of one thread (MHz).

    Raises:
        OutputError: the run failed, or its table is missing, cut off or contradicts itself.
    """
    require_success(raw, "7-Zip")
    text = decode(raw.stdout)
    version = _VERSION.search(text)
    if version is None:
        raise OutputError(
            "expected 7-Zip's first line (7-Zip ... VERSION ... : Copyright ...); " + tail(raw)
        )
    left, right, total = _table(text, raw)
    values = {
        "compression_mips": left["Rating"],
        "decompression_mips": right["Rating"],
        "total_mips": total["Rating"],
        "compression_usage": left["Usage"],
        "decompression_usage": right["Usage"],
        "total_usage": total["Usage"],
    }
    clock = _single_thread_clock(text)
    if clock is not None:
        values["single_thread_clock"] = clock
    return _parsed(values, _comparable(text, version), version["version"])


def _table(
    text: str, raw: RawOutput
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    headers = list(_HEADER.finditer(text))
    averages = list(_AVERAGE.finditer(text))
    totals = list(_TOTAL.finditer(text))
    if not headers:
        raise OutputError(
            "expected the table of the LZMA benchmark (Dict ... Usage R/U Rating | ...); "
            + tail(raw)
        )
    if not averages or not totals:
        missing = "Avr:" if not averages else "Tot:"
        raise OutputError(f"7-Zip's table is cut off: expected its line {missing}; {tail(raw)}")
    if max(len(headers), len(averages), len(totals)) > 1:
        raise OutputError(
            f"expected one table, saw {len(headers)} with {len(totals)} lines Tot:; "
            "run 7-Zip with one number of threads (-mmtN) at a time"
        )
    left_columns = _COLUMN.findall(headers[0]["left"])
    right_columns = _COLUMN.findall(headers[0]["right"])
    left_cells, right_cells = _halves(averages[0]["rest"], right_columns)
    left = _from_the_right(left_columns, left_cells, "Avr:")
    right = _from_the_right(right_columns, right_cells, "Avr:")
    total = _from_the_right(right_columns, totals[0]["rest"], "Tot:")
    expected = (left["Rating"] + right["Rating"]) / 2
    # A line that is cut off within its last number still reads as a number.
    if math.isfinite(expected + total["Rating"]) and abs(total["Rating"] - expected) > 2:
        raise OutputError(
            f"7-Zip's Tot: says {total['Rating']:g} MIPS, the mean of its two ratings is "
            f"{expected:g}: the table is cut off or of an unknown shape"
        )
    return left, right, total


def _halves(cells: str, right_columns: list[str]) -> tuple[str, str]:
    """Split the line of averages; p7zip 9.20 has no bar in it, and no speeds."""
    if "|" in cells:
        left, _, right = cells.partition("|")
        return left, right
    words = cells.split()
    border = len(words) - (len(right_columns) - right_columns.index("Usage"))
    return " ".join(words[: max(border, 0)]), " ".join(words[max(border, 0) :])


def _from_the_right(columns: list[str], cells: str, line: str) -> dict[str, float]:
    """Give cells the names of the columns, the last cell that of the last column."""
    words = cells.split()
    if len(words) < len(columns) - columns.index("Usage"):
        raise OutputError(
            f"7-Zip's line {line} is cut off: expected {' '.join(columns)}, saw {cells.strip()!r}"
        )
    named = zip(reversed(columns), reversed(words), strict=False)
    return {name: number(word) for name, word in named}


def _single_thread_clock(text: str) -> float | None:
    """Return 7-Zip's estimate of the clock in MHz, or None where it is missing or absurd."""
    line = _CLOCK.search(text)
    if line is None:
        return None
    # 16.02 prints "-" and figures like 64000000 where its timer was too coarse.
    plausible = [float(word) for word in line["values"].split() if re.fullmatch(r"\d{3,5}", word)]
    # The first few are measured while the clock still rises.
    return max(plausible, default=None)


def _comparable(text: str, version: re.Match[str]) -> dict[str, Scalar]:
    compiler = _COMPILER.search(text)
    dictionaries = dict.fromkeys(row["dictionary"] for row in _ROW.finditer(text))
    build = _BUILD.search(text)
    return {
        "tool_version": version["version"],
        "edition": version["edition"].lower() if version["edition"] else None,
        # Some builds for Linux lack 7-Zip's assembler code, which alone changes the rating.
        "assembler": None if build is None else "ASM" in build["words"],
        "compiler": compiler["compiler"] if compiler else None,
        "dictionaries": " ".join(dictionaries),
    }


def _parsed(values: dict[str, float], comparable: dict[str, Scalar], version: str) -> Parsed:
    readings: list[Reading] = []
    absent: list[AbsentMetric] = []
    for name, value in values.items():
        primary = name.endswith("_mips")
        unit = "MIPS" if primary else "MHz" if name.endswith("_clock") else "%"
        if math.isfinite(value):
            readings.append(Reading(name, unit, True, value, primary=primary))
        else:
            absent.append(AbsentMetric(name=name, reason=f"7-Zip printed {value}"))
    if not any(reading.primary for reading in readings):
        raise OutputError("7-Zip printed no rating that is a number")
    return Parsed(tuple(readings), tuple(absent), tool_version=version, comparable=comparable)
