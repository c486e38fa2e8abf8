"""The files of a result in MLflow: the document itself, raw output, telemetry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vttbench.result import Result, Telemetry
from vttbench.tracking import picture

DOCUMENT = "result.json"


@dataclass(frozen=True)
class Artifact:
    """One file.

    Attributes:
        path: below the run's artifacts, with forward slashes.
        content: bytes, or the file that holds them.
    """

    path: str
    content: bytes | Path


def of_result(result: Result, document: Path, text: bytes) -> tuple[list[Artifact], list[str]]:
    """Return what belongs to a run, the document first.

    Args:
        result: the result.
        document: where its document lies; raw files are relative to its folder.
        text: the document's bytes.

    Returns:
        The artifacts, and the listed raw files that aren't there (any more).
    """
    found = [Artifact(DOCUMENT, text)]
    missing = []
    for file in result.files:
        path = PurePosixPath(file.path)
        local = document.parent / path
        # A document may come from elsewhere; it must not make us upload what is not its own.
        outside = path.is_absolute() or ".." in path.parts
        if outside or not local.is_file() or not _below(local, document.parent):
            missing.append(file.path)
            continue
        own_folder = len(path.parts) > 1 and path.parts[0] == document.stem
        name = PurePosixPath(*path.parts[1:]) if own_folder else path
        found.append(Artifact(f"raw/{name}", local))
    if result.telemetry is not None and result.telemetry.series:
        found.append(Artifact("telemetry.json", _series(result.telemetry)))
        if drawn := picture.draw(result):
            found.append(Artifact("telemetry.png", drawn))
    return found, missing


def _series(telemetry: Telemetry) -> bytes:
    data = telemetry.model_dump(mode="json", exclude_none=True)
    return json.dumps(data, allow_nan=False).encode()


def _below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
