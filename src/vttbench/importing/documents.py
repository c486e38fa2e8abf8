"""From an older file to result documents, the same ones each time."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vttbench import __version__
from vttbench.importing.formats import OlderResult, results_in
from vttbench.importing.reading import ImportFormatError, moment_in, number_in, text_in
from vttbench.result import (
    Benchmark,
    Error,
    ErrorKind,
    Host,
    Provenance,
    Result,
    Status,
    comparability_of,
)

# Version of the benchmarks' definitions that the earlier scripts followed: none of ours.
DEFINITION = "earlier-scripts"
_ONCE = "measured once: how far repeats would lie apart is not known"


@dataclass(frozen=True)
class Origin:
    """What the file does not say and the user may.

    Attributes:
        name: file name, for the record.
        host: name in the inventory; default is the file's hostname.
        os_family: the earlier scripts were shell scripts for Linux.
        fleet: group of machines meant to be identical.
    """

    name: str
    host: str | None = None
    os_family: Literal["linux", "windows"] = "linux"
    fleet: str | None = None


def documents_in(content: bytes, origin: Origin) -> list[Result]:
    """Turn the content of an older file into result documents.

    Args:
        content: the file, as it is.
        origin: what is known besides.

    Returns:
        One document a model, tool or storage job, with the same ids whenever it is called.

    Raises:
        ImportFormatError: not JSON, none of the formats, no time or no host.
    """
    data = _object_in(content)
    host = _host(data, origin)
    notes = [f"Imported from {origin.name}, which an earlier script wrote."]
    moment = moment_in(data, notes)
    return [
        _document(older, number, content, host, moment, notes, origin)
        for number, older in enumerate(results_in(data))
    ]


def is_document_of_today(content: bytes) -> bool:
    """Tell whether a file is a result document already."""
    try:
        return "schema_version" in _object_in(content)
    except ImportFormatError:
        return False


def _object_in(content: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ImportFormatError(f"not a JSON document: {error}") from error
    if not isinstance(data, dict):
        raise ImportFormatError(f"a JSON object was expected, not a {type(data).__name__}")
    return data


def _host(data: Mapping[str, Any], origin: Origin) -> Host:
    name = origin.host or text_in(data, "hostname", "host")
    if name is None:
        raise ImportFormatError("the file names no host; say whose it is with --host")
    system = data.get("system")
    facts = {**data, **system} if isinstance(system, Mapping) else data
    cores = number_in(facts.get("cores"))
    return Host(
        name=name,
        fleet=origin.fleet,
        os_family=origin.os_family,
        os=text_in(facts, "os"),
        cpu=text_in(facts, "cpu"),
        cores=None if cores is None else int(cores),
        memory_gb=number_in(facts.get("memory_gb")),
    )


def _document(
    older: OlderResult,
    number: int,
    content: bytes,
    host: Host,
    moment: datetime,
    notes: list[str],
    origin: Origin,
) -> Result:
    digest = hashlib.sha256(content).hexdigest()
    day = f"imported-{host.name}-{moment:%Y-%m-%d}"
    status = Status.UNSTABLE if older.readings.metrics else Status.FAILED
    error = Error(kind=ErrorKind.NOT_CONVERGED, message=_ONCE, retryable=False)
    if status is Status.FAILED:
        reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in older.readings.absent)
        message = f"{origin.name} holds no usable value: {reasons}"
        error = Error(kind=ErrorKind.OUTPUT, message=message, retryable=False)
    return Result(
        result_id=result_id(moment, number, f"{digest} {host.name}"),
        suite_id=day,
        session_id=day,
        benchmark=Benchmark(
            name=older.benchmark,
            version=DEFINITION,
            variant=older.variant,
            tool=older.tool,
            parameters=older.parameters,
        ),
        host=host,
        started_at=moment,
        finished_at=moment,
        status=status,
        error=error,
        metrics=older.readings.metrics,
        absent=older.readings.absent,
        notes=[*notes, *dict.fromkeys(older.readings.notes)],
        comparability=comparability_of(
            {
                "benchmark": older.benchmark,
                "variant": older.variant,
                "definition": DEFINITION,
                "tool_version": None,
                **older.parameters,
            }
        ),
        provenance=Provenance.model_validate(
            {
                "vttbench_version": __version__,
                "profile": "imported",
                "imported_from": origin.name,
                "imported_sha256": digest,
            }
        ),
    )


def result_id(moment: datetime, number: int, name: str) -> str:
    """Return an id that sorts by time like the others and follows from what it names (UUIDv8).

    Args:
        moment: when it was measured.
        number: ordinal of the result within its file.
        name: what makes the file this one and no other.
    """
    milliseconds = int(moment.timestamp() * 1000) & (2**48 - 1)
    digest = int.from_bytes(hashlib.sha256(f"{number} {name}".encode()).digest()[:8], "big")
    version, variant = 0x8 << 12, 0x2 << 62
    ordinal = min(number, 0xFFF)
    low = variant | (digest & (2**62 - 1))
    return str(uuid.UUID(int=(milliseconds << 80) | ((version | ordinal) << 64) | low))
