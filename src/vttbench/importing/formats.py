"""The two formats that the team's earlier scripts wrote, and what their numbers really are.

Running the earlier scripts on known output showed that several values are not what their keys say.
They are kept under their true names where it is certain what they are, and left out with the reason
where they are of no use; ``docs/import.md`` has the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vttbench.importing.reading import (
    ImportFormatError,
    Readings,
    mapping_in,
    number_in,
    text_in,
)
from vttbench.result import Scalar

_BLOCKS = {"sequential": "1M", "random": "4k", "mixed": "4k"}
_DEPTH_NOTE = (
    "The script asked for 32 requests in flight but left fio at its synchronous engine (psync), so "
    "this was measured with one request in flight."
)
_BANDWIDTH_NOTE = (
    "fio's KiB/s were turned into MB/s by the script; whether by 1000 or 1024 is not recorded, so "
    "the value may be 2.4 % off."
)


@dataclass
class OlderResult:
    """What one result document is made from.

    Attributes:
        benchmark: as it is called today.
        variant: which of several.
        tool: program that was measured with.
        parameters: what is known of how.
        readings: the values.
    """

    benchmark: str
    variant: str | None
    tool: str
    readings: Readings
    parameters: dict[str, Scalar] = field(default_factory=dict)


def results_in(data: Mapping[str, Any]) -> Iterator[OlderResult]:
    """Recognise the format and yield the results of a file.

    Raises:
        ImportFormatError: neither format; the message says what was looked for.
    """
    if isinstance(data.get("models"), list):
        yield from _suite_of_models(data["models"])
        return
    name = data.get("benchmark")
    if isinstance(name, str) and name in _TOOLS:
        yield from _TOOLS[name](data, mapping_in(data, "results"))
        return
    if name is not None:
        known = ", ".join(_TOOLS)
        raise ImportFormatError(f"benchmark is {name!r}; the earlier scripts wrote one of {known}")
    raise ImportFormatError(
        "none of the earlier formats: neither a list 'models' nor a 'benchmark' in it"
    )


def _suite_of_models(models: list[Any]) -> Iterator[OlderResult]:
    if not models:
        raise ImportFormatError("the list 'models' is empty")
    for number, model in enumerate(models, 1):
        if not isinstance(model, Mapping):
            raise ImportFormatError(f"model {number} is no object")
        name = text_in(model, "model_name")
        if name is None:
            raise ImportFormatError(f"model {number} has no model_name")
        yield _llama(name, model, mapping_in(model, "results"))


def _llama_inference(data: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[OlderResult]:
    name = text_in(data, "model_name", "model") or text_in(results, "model_name", "model")
    yield _llama(name, data, results)


def _llama(name: str | None, model: Mapping[str, Any], results: Mapping[str, Any]) -> OlderResult:
    readings = Readings()
    readings.take("prompt_tps", "t/s", results.get("prompt_processing_tps"))
    readings.take("generation_tps", "t/s", results.get("text_generation_tps"))
    parameters: dict[str, Scalar] = {"model": name}
    for key in ("size_gb", "parts"):
        value = number_in(model.get(key))
        if value is not None:
            parameters[key] = value
    return OlderResult("llama", name, "llama-bench", readings, parameters)


def _sevenzip(_: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[OlderResult]:
    readings = Readings()
    keys = ("compression_mips", "decompression_mips", "overall_mips")
    first, second, third = (results.get(key) for key in keys)
    if (number_in(third) or 0) > 0:
        # "Avr: SPEED USAGE R/U RATING | SPEED USAGE R/U RATING": words 4, 7 and 10.
        readings.take("compression_mips_per_usage", "MIPS", first, primary=False)
        readings.take("decompression_speed", "KiB/s", second, primary=False)
        readings.take("decompression_mips", "MIPS", third)
        readings.notes.append(
            "The script took the wrong columns of 7-Zip's table: its compression_mips is the "
            "rating per CPU usage (R/U) of compression, its decompression_mips the speed of "
            "decompression in KiB/s, its overall_mips the rating of decompression."
        )
        for name in ("compression_mips", "total_mips"):
            readings.refuse(name, "the script did not keep this column of 7-Zip's table")
    else:
        # p7zip 16.02, "Avr: USAGE R/U RATING | USAGE R/U RATING": there is no word 10.
        readings.take("compression_mips", "MIPS", first)
        readings.take("decompression_mips_per_usage", "MIPS", second, primary=False)
        readings.notes.append(
            "There is no overall_mips, so the table was that of p7zip 16.02, which has no column "
            "for speed: the script's decompression_mips is the rating per CPU usage (R/U)."
        )
        for name in ("decompression_mips", "total_mips"):
            readings.refuse(name, "the script did not keep this column of 7-Zip's table")
    yield OlderResult("sevenzip", None, "7z", readings)


def _stream(_: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[OlderResult]:
    readings = Readings()
    for kernel in ("copy", "scale", "add", "triad"):
        raw = results.get(f"{kernel}_mbps")
        readings.take(f"{kernel}_bandwidth", "GB/s", raw, scale=1e-3)
    readings.notes.append(
        "STREAM was compiled on the host with -march=native, from a source that is not recorded: "
        "another build is another program."
    )
    yield OlderResult("stream", None, "stream.c", readings)


_STORAGE_KEY = re.compile(
    r"(?P<order>seq(?:uential)?|rand(?:om)?|mixed)(?:_(?P<way>read|write|rw))?(?:_\w+)?_(?P<unit>mbps|iops)"
)


def _storage(_: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[OlderResult]:
    jobs: dict[str, OlderResult] = {}
    for key, raw in results.items():
        match = _STORAGE_KEY.fullmatch(key)
        if match is None or (match["way"] is None and match["order"] != "mixed"):
            continue
        order = {"seq": "sequential", "rand": "random"}.get(match["order"], match["order"])
        mixed = order == "mixed"
        prefix = "mixed_70_30" if mixed else f"{order}_{match['way']}"
        # The depth stands in the name: this is not what carries the same name without it.
        variant = f"{prefix.replace('_', '-')}-depth-1"
        job = jobs.setdefault(variant, _fio_job(variant, order))
        suffix, unit = ("bandwidth", "MB/s") if match["unit"] == "mbps" else ("iops", "1/s")
        name = f"{prefix}_read_{suffix}" if mixed else f"{prefix}_{suffix}"
        if match["way"] == "write" and number_in(raw) == 0:
            job.readings.refuse(
                name, "the script read the wrong section of fio's report and wrote 0 for writes"
            )
            continue
        job.readings.take(name, unit, raw)
        if mixed:
            note = "The script kept the reads of this mixed job and left out its writes."
            job.readings.notes.append(note)
        if suffix == "bandwidth":
            job.readings.notes.append(_BANDWIDTH_NOTE)
    if not jobs:
        raise ImportFormatError("'results' holds no value of a storage job, e.g. random_read_iops")
    yield from jobs.values()


def _fio_job(variant: str, order: str) -> OlderResult:
    readings = Readings(notes=[] if order == "sequential" else [_DEPTH_NOTE])
    parameters: dict[str, Scalar] = {
        "ioengine": "psync",
        "iodepth": 1,
        "block_size": _BLOCKS[order],
    }
    return OlderResult("fio", variant, "fio", readings, parameters)


_TOOLS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[OlderResult]]] = {
    "7zip": _sevenzip,
    "stream": _stream,
    "storage": _storage,
    "llama-inference": _llama_inference,
}
