r"""Parsers that are described rather than written: regular expression, JSON path, CSV column.

A description is a mapping::

    source: stdout            # or stderr, or the name of an artifact
    decimal: auto             # auto, point or comma
    metrics:
      - {name: speed, unit: MB/s, higher_is_better: true, pattern: 'speed=(?P<value>[\d.]+)'}

Each metric says where its value stands by one of ``pattern`` (regular expression with a group
``value``), ``path`` (JSON path, RFC 9535) or ``column`` (CSV, by its header). For a single metric
that may also stand beside ``metrics``, as ``regex``, ``json`` or ``csv``.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import jsonpath
from jsonpath.exceptions import JSONPathError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from vttbench.benchmarks import c_json
from vttbench.benchmarks.output import OutputError, Parsed, Parser, RawOutput, Reading
from vttbench.benchmarks.text import decode, number, require_success, tail
from vttbench.result import AbsentMetric


class ParserSpecError(ValueError):
    """What stands behind ``parser:`` is no parser; the message names the field."""


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groupindex
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if "value" not in groups:
        raise ValueError(f"{text!r} needs a group (?P<value>...) around the number")
    return text


def _path(text: str) -> str:
    try:
        jsonpath.compile(text, strict=True)
    except JSONPathError as error:
        raise ValueError(
            f"{text!r} is no JSON path (RFC 9535, such as $.a.b[0]): {error}"
        ) from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Path = Annotated[str, AfterValidator(_path)]
Which = Literal["last", "first", "mean"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricSpec(_Spec):
    """One metric and where its value stands.

    Attributes:
        row: which of several rows, matches or nodes counts. Without it there must be exactly one.
        scale: the value is multiplied by it, to get from the tool's unit to ``unit``.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    unit: str = Field(min_length=1)
    higher_is_better: bool
    primary: bool = True
    pattern: Pattern | None = None
    path: Path | None = None
    column: str | None = None
    row: Which | None = None
    scale: float = Field(default=1.0, allow_inf_nan=False, gt=0)


class ParserSpec(_Spec):
    """Where the values of a tool's output stand."""

    regex: Pattern | None = None
    json_path: Path | None = Field(default=None, alias="json")
    csv_column: str | None = Field(default=None, alias="csv")
    source: str = Field(default="stdout", min_length=1)
    decimal: Literal["auto", "point", "comma"] = "auto"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    metrics: tuple[MetricSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_metric_stands_in_one_place(self) -> Self:
        names = [metric.name for metric in self.metrics]
        if len(names) != len(set(names)):
            raise ValueError("two metrics have the same name")
        for metric in self.metrics:
            self.place(metric)
        return self

    def place(self, metric: MetricSpec) -> tuple[str, str]:
        """Return how a metric is found: its own way, else the common one."""
        own = (metric.pattern, metric.path, metric.column)
        common = (self.regex, self.json_path, self.csv_column)
        for places in (own, common):
            found = [
                (kind, place)
                for kind, place in zip(("regex", "json", "csv"), places, strict=True)
                if place is not None
            ]
            if len(found) == 1:
                return found[0]
            if found:
                raise ValueError(f"metric {metric.name} stands in {len(found)} places, not in one")
        raise ValueError(f"metric {metric.name} needs one of pattern, path or column")


def make_parser(spec: Mapping[str, Any]) -> Parser:
    """Make a parser from its description.

    Raises:
        ParserSpecError: the description is wrong; names the field.
    """
    try:
        checked = ParserSpec.model_validate(dict(spec))
    except ValidationError as error:
        raise ParserSpecError(f"parser: {faults(error)}") from error

    def parse(raw: RawOutput) -> Parsed:
        return _parse(checked, raw)

    return parse


def faults(error: ValidationError) -> str:
    """Return the faults of a description, each with its field, in one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'as a whole'}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors()[:5]
    )


def _parse(spec: ParserSpec, raw: RawOutput) -> Parsed:
    require_success(raw, "the tool")
    text = _source(spec.source, raw)
    readings: list[Reading] = []
    absent: list[AbsentMetric] = []
    for metric in spec.metrics:
        try:
            value = _value(spec, metric, text) * metric.scale
        except OutputError as error:
            absent.append(AbsentMetric(name=metric.name, reason=str(error)))
            continue
        if math.isfinite(value):
            readings.append(
                Reading(
                    metric.name, metric.unit, metric.higher_is_better, value, primary=metric.primary
                )
            )
        else:
            absent.append(AbsentMetric(name=metric.name, reason=f"the tool printed {value}"))
    if not readings:
        reasons = "; ".join(f"{metric.name}: {metric.reason}" for metric in absent)
        raise OutputError(f"no metric in {spec.source}: {reasons}; {tail(raw)}")
    return Parsed(tuple(readings), tuple(absent))


def _source(source: str, raw: RawOutput) -> str:
    if source in ("stdout", "stderr"):
        data = raw.stdout if source == "stdout" else raw.stderr
    elif source in raw.files:
        data = raw.files[source]
    else:
        there = ", ".join(sorted(raw.files)) or "none"
        raise OutputError(f"expected the artifact {source}, there is {there}; {tail(raw)}")
    return decode(data)


def _value(spec: ParserSpec, metric: MetricSpec, text: str) -> float:
    kind, place = spec.place(metric)
    found: Sequence[object]
    if kind == "regex":
        found = [match["value"] for match in re.finditer(place, text, re.MULTILINE)]
    elif kind == "json":
        found = _nodes(place, text)
    else:
        found = _cells(place, text, spec.delimiter)
    if not found:
        raise OutputError(f"{place!r} finds nothing")
    if len(found) > 1 and metric.row is None:
        raise OutputError(
            f"{place!r} finds {len(found)} values; make it one, or say row: first, last or mean"
        )
    if metric.row == "mean":
        values = [_number(item, spec.decimal) for item in found]
        return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan
    return _number(found[0] if metric.row == "first" else found[-1], spec.decimal)


def _nodes(path: str, text: str) -> list[object]:
    try:
        return list(jsonpath.compile(path, strict=True).findall(_document(text)))
    except (JSONPathError, RecursionError) as error:
        raise OutputError(f"{path!r} can't be looked for: {error}") from error


def _document(text: str) -> JsonValue:
    """Return the JSON value; lines around an object are dropped, several objects are a list."""
    try:
        return c_json.loads(text)
    except OutputError:
        objects = c_json.find_objects(text).objects
        if not objects:
            raise
        return objects[0] if len(objects) == 1 else [*objects]


def _cells(column: str, text: str, delimiter: str) -> list[object]:
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        if column not in header:
            raise OutputError(f"expected the column {column!r}, saw {', '.join(header)[:120]!r}")
        reader.fieldnames = header
        return [row[column] for row in reader if row[column]]
    except csv.Error as error:
        raise OutputError(f"expected CSV: {error}") from error


def _number(item: object, decimal: str) -> float:
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise OutputError(f"expected a number, saw {str(item)[:40]!r}")
    try:
        return number(item, decimal=decimal) if isinstance(item, str) else float(item)
    except OverflowError:
        raise OutputError("the number is too large") from None
