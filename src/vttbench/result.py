"""The result document: the one data type that everything in this project passes on.

A result is one benchmark (one tool, one set of parameters) on one host in one session. It is
written to disk as JSON before anything else happens to it, and it is never changed afterwards.

History of the format
---------------------
``1.0``
    First version.

Reading rules: the same major version is always readable. A higher minor version may carry fields
that this code does not know; they are kept and written back. A higher major version is refused
with :class:`UnknownSchemaVersionError`. Older major versions are lifted by :data:`_UPGRADES`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import uuid6
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

SCHEMA_VERSION = "1.0"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Scalar = str | int | Finite | bool | None


class ResultError(ValueError):
    """A document that is not a result: the message says where and why."""


class UnknownSchemaVersionError(ResultError):
    """The document was written by a newer, incompatible version of vttbench."""


class _Model(BaseModel):
    # Fields of a later minor version survive a round trip through this one.
    model_config = ConfigDict(extra="allow", ser_json_inf_nan="constants", validate_default=True)


class Status(StrEnum):
    """What a reader may do with the numbers."""

    OK = "ok"
    UNSTABLE = "unstable"  # numbers exist, their spread is larger than asked for
    FAILED = "failed"
    PARTIAL = "partial"  # interrupted: what had been measured until then
    SKIPPED = "skipped"


class ErrorKind(StrEnum):
    """Where a result went wrong; one word that programs can act on."""

    INSTALL = "install"
    PREFLIGHT = "preflight"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    OUTPUT = "output"
    CONTAMINATED = "contaminated"
    NOT_CONVERGED = "not_converged"
    INTERRUPTED = "interrupted"


class Error(_Model):
    """Why a result is not ``ok``."""

    kind: ErrorKind
    message: str = Field(description="One sentence that names host, tool and file")
    retryable: bool = Field(description="Whether the same run may well succeed when repeated")


class Benchmark(_Model):
    """What was run."""

    name: str = Field(description="Benchmark, e.g. sevenzip, stream, fio, llama")
    version: str = Field(description="Version of the benchmark's definition, not of the tool")
    variant: str | None = Field(
        default=None, description="Which of several, e.g. a fio job or a model and context size"
    )
    tool: str = Field(description="Program that was measured with, e.g. 7zz")
    tool_version: str | None = None
    command: list[str] = Field(default_factory=list, description="Argument vector as run")
    parameters: dict[str, Scalar] = Field(default_factory=dict)


class Host(_Model):
    """The machine. What a host cannot tell is absent, never a guess."""

    name: str = Field(description="Name in the inventory")
    fleet: str | None = Field(default=None, description="Group of machines meant to be identical")
    os_family: Literal["linux", "windows"]
    os: str | None = None
    kernel: str | None = None
    cpu: str | None = None
    cores: int | None = None
    threads: int | None = None
    memory_gb: Finite | None = None
    gpu: str | None = None
    bios: str | None = None
    model: str | None = None
    serial_hash: str | None = Field(
        default=None, description="Identity from serial numbers and model, hashed; never from MHz"
    )
    power_source: str | None = Field(default=None, description="mains or battery")
    power_profile: str | None = None
    details: dict[str, JsonValue] = Field(
        default_factory=dict, description="All else that can explain a difference of two machines"
    )


class RejectedSample(_Model):
    """A sample that was measured and is not part of the value."""

    value: Finite
    cause: Literal["implausible", "contaminated"]
    reason: str


class Metric(_Model):
    """One quantity over all repeats of a session."""

    name: str
    unit: str
    higher_is_better: bool
    primary: bool = Field(default=True, description="Whether repeats go on until it is stable")
    samples: list[Finite] = Field(description="One value a repeat, in order")
    value: Finite = Field(description="Mean of the samples")
    ci95: tuple[Finite, Finite] | None = Field(
        default=None, description="95 % interval of the mean (Student's t); absent for n < 2"
    )
    cv: Finite | None = Field(
        default=None, description="Sample standard deviation over mean; absent for n < 2"
    )
    warmup: list[Finite] = Field(default_factory=list, description="Thrown away before the first")
    rejected: list[RejectedSample] = Field(default_factory=list)

    @model_validator(mode="after")
    def _interval_is_ordered(self) -> Metric:
        if not self.samples:
            raise ValueError(f"metric {self.name} has no sample: it must be absent instead")
        if self.ci95 is not None and self.ci95[0] > self.ci95[1]:
            raise ValueError(f"metric {self.name}: interval {self.ci95} is not ordered")
        return self


class AbsentMetric(_Model):
    """A metric that was expected and could not be had."""

    name: str
    reason: str


class Repeat(_Model):
    """One run of the tool."""

    index: int
    kind: Literal["warmup", "measured"]
    status: Literal["ok", "failed", "contaminated", "rejected"]
    started_at: AwareDatetime
    duration_s: Finite = Field(description="Wall time of the tool alone, by the host's clock")
    returncode: int | None = None
    reason: str | None = None
    values: dict[str, Finite] = Field(default_factory=dict)
    disturbance: dict[str, Finite] = Field(
        default_factory=dict, description="Pressure, steal, foreign CPU, swap during the repeat"
    )


class Series(_Model):
    """A time series, decimated."""

    unit: str
    t: list[Finite] = Field(
        description="Seconds since the first repeat began, by the host's clock; may be negative"
    )
    v: list[Finite]


class SeriesSummary(_Model):
    """What becomes of a series where only numbers fit."""

    unit: str
    minimum: Finite
    mean: Finite
    maximum: Finite


class Telemetry(_Model):
    """What the machine said about itself while it worked."""

    interval_s: Finite
    series: dict[str, Series] = Field(default_factory=dict)
    summary: dict[str, SeriesSummary] = Field(default_factory=dict)
    throttled: bool | None = Field(default=None, description="Absent where it can't be known")
    absent: list[AbsentMetric] = Field(default_factory=list)


class Check(_Model):
    """One question asked before the run."""

    name: str
    status: Literal["ok", "warn", "fail", "absent"]
    value: Scalar = None
    message: str = ""


class Comparability(_Model):
    """What must be equal before two values may be compared."""

    key: str
    fields: dict[str, Scalar]


class Provenance(_Model):
    """How this result was made."""

    vttbench_version: str
    git_commit: str | None = None
    git_dirty: bool | None = None
    controller: str | None = None
    user: str | None = None
    ansible_version: str | None = None
    python_version: str | None = None
    play_id: str | None = Field(default=None, description="One run of ansible-playbook")
    awx_job_id: str | None = None
    profile: str | None = None
    harness_cpu_s: Finite | None = Field(
        default=None, description="CPU seconds that we, not the tool, spent on the host"
    )
    tool_cpu_s: Finite | None = None
    prepare_s: Finite | None = Field(
        default=None,
        description="Seconds of preparing before the first repeat, such as writing fio's file",
    )


class File(_Model):
    """A file beside the document, by its path relative to the document's folder."""

    path: str
    sha256: str
    size: int


class Result(_Model):
    """One benchmark on one host in one session."""

    schema_version: str = SCHEMA_VERSION
    result_id: str = Field(default_factory=lambda: str(uuid6.uuid7()), description="UUIDv7")
    suite_id: str
    session_id: str = Field(description="One pass over the suite on a host after a cool-down")
    benchmark: Benchmark
    host: Host
    started_at: AwareDatetime
    finished_at: AwareDatetime
    status: Status
    error: Error | None = None
    metrics: list[Metric] = Field(default_factory=list)
    absent: list[AbsentMetric] = Field(default_factory=list)
    repeats: list[Repeat] = Field(default_factory=list)
    telemetry: Telemetry | None = None
    preflight: list[Check] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    comparability: Comparability
    provenance: Provenance
    files: list[File] = Field(default_factory=list)

    @model_validator(mode="after")
    def _status_and_content_agree(self) -> Result:
        if self.status is Status.OK and not self.metrics:
            raise ValueError("a result without any metric can't be ok")
        if self.status is not Status.OK and self.error is None:
            raise ValueError(f"status {self.status} needs an error that says why")
        names = [metric.name for metric in self.metrics]
        if len(names) != len(set(names)):
            raise ValueError("a metric stands twice in the document")
        return self

    def metric(self, name: str) -> Metric | None:
        """Return the metric of that name, or None."""
        return next((metric for metric in self.metrics if metric.name == name), None)


def comparability_of(fields: Mapping[str, Scalar]) -> Comparability:
    """Hash what must be equal before two values may be compared.

    Args:
        fields: name to value; a None counts as "not known" and is part of the key, because an
            unknown driver must not be taken for a known one.

    Returns:
        The fields, sorted by name, with the first 16 hex digits of their SHA-256.
    """
    ordered = {name: fields[name] for name in sorted(fields)}
    text = json.dumps(ordered, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return Comparability(key=hashlib.sha256(text.encode()).hexdigest()[:16], fields=ordered)


def dumps(result: Result) -> str:
    """Return the document as JSON text that ends in a newline and never holds NaN."""
    data = result.model_dump(mode="json", exclude_none=True)
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


# From major version N to N + 1: takes and returns the document as decoded JSON.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def loads(text: str | bytes, *, source: str | Path = "<text>") -> Result:
    """Read a result document of this or an older version.

    Args:
        text: JSON.
        source: file name for messages.

    Raises:
        UnknownSchemaVersionError: written by a newer major version.
        ResultError: not JSON, not an object, or not valid; names the source and the first faults.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:  # JSONDecodeError, UnicodeDecodeError, too deep
        raise ResultError(f"{source}: not a JSON document: {error}") from error
    if not isinstance(data, dict):
        raise ResultError(f"{source}: a result is a JSON object, this is a {type(data).__name__}")
    version = data.get("schema_version")
    try:
        major = int(str(version).partition(".")[0])
    except ValueError:
        raise ResultError(f"{source}: schema_version is {version!r}, not e.g. '1.0'") from None
    current = int(SCHEMA_VERSION.partition(".")[0])
    if major > current:
        raise UnknownSchemaVersionError(
            f"{source}: schema_version {version} is newer than this vttbench can read "
            f"({SCHEMA_VERSION}); update vttbench"
        )
    for step in range(major, current):
        if step not in _UPGRADES:
            raise ResultError(f"{source}: schema_version {version} was never published")
        data = _UPGRADES[step](data)
    try:
        return Result.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}"
            for fault in error.errors()[:3]
        )
        raise ResultError(f"{source}: not a valid result: {faults}") from error


def load(path: Path) -> Result:
    """Read a result document from a file; see :func:`loads`."""
    return loads(path.read_bytes(), source=path)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document, as published under ``docs/schema``."""
    schema = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with its offset.

    Raises:
        ValueError: no offset, or no time at all.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):  # 1e999 is valid JSON and no number that we could write again
        raise ValueError(f"{digits} is too large to be stored")
    return number
