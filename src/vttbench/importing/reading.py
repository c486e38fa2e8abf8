"""Reading values out of older files: numbers that may be words, zeros that mean "found nothing"."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vttbench.result import AbsentMetric, Metric


class ImportFormatError(ValueError):
    """The file is none of the known older formats, or lacks what a result needs."""


@dataclass
class Readings:
    """Metrics of one older result, as far as they can be trusted.

    Attributes:
        metrics: one sample each: the older scripts kept no repeats.
        absent: what stood in the file and is no measurement.
        notes: what a reader must know.
    """

    metrics: list[Metric] = field(default_factory=list)
    absent: list[AbsentMetric] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(
        self,
        name: str,
        unit: str,
        raw: object,
        *,
        scale: float = 1.0,
        primary: bool = True,
    ) -> None:
        """Add a value, or the reason why it is none. Higher is better for all that scripts kept.

        Args:
            name: metric as it is called today.
            unit: its unit.
            raw: what the file holds.
            scale: factor from the file's unit.
            primary: whether it belongs to the headline figures.
        """
        value = number_in(raw)
        if value is None:
            self.absent.append(AbsentMetric(name=name, reason=f"the file holds {raw!r}: no number"))
        elif value <= 0:
            reason = f"the file holds {raw!r}, which the scripts wrote where they found no value"
            self.absent.append(AbsentMetric(name=name, reason=reason))
        else:
            self.metrics.append(
                Metric(
                    name=name,
                    unit=unit,
                    higher_is_better=True,
                    primary=primary,
                    samples=[value * scale],
                    value=value * scale,
                )
            )

    def refuse(self, name: str, reason: str) -> None:
        """Note a value that can't be used whatever it is."""
        self.absent.append(AbsentMetric(name=name, reason=reason))


def number_in(raw: object) -> float | None:
    """Return the finite number in a value that may be text with a decimal comma, or None."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    text = raw.strip().replace(",", ".") if isinstance(raw, str) else raw
    try:
        value = float(text)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def mapping_in(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object below a key.

    Raises:
        ImportFormatError: there is none.
    """
    found = data.get(key)
    if not isinstance(found, Mapping):
        raise ImportFormatError(f"{key!r} is missing or no object")
    return found


def text_in(data: Mapping[str, Any], *keys: str) -> str | None:
    """Return the first of several keys that holds a non-empty text."""
    for key in keys:
        found = data.get(key)
        if isinstance(found, str) and found.strip():
            return found.strip()
    return None


def moment_in(data: Mapping[str, Any], notes: list[str]) -> datetime:
    """Return when the older script ran.

    Args:
        data: the file.
        notes: gets a note where the time has no offset.

    Raises:
        ImportFormatError: no ``timestamp``, or none that can be read.
    """
    raw = data.get("timestamp")
    moment: datetime | None = None
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        try:
            moment = datetime.fromtimestamp(raw, UTC)
        except (OverflowError, OSError, ValueError):
            moment = None
    elif isinstance(raw, str):
        compact = re.fullmatch(r"(\d{8})[_-](\d{6})", raw.strip())
        text = "T".join(compact.groups()) if compact else raw.strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
    if moment is None:
        raise ImportFormatError(f"timestamp is {raw!r}: no time that could be read")
    if moment.tzinfo is None:
        notes.append(f"The file's time {raw!r} has no UTC offset and was read as UTC.")
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
