"""How times, amounts and workloads are written for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vttbench.reporting.quantity import NOT_THERE, format_quantity

_METRICS = {
    "prompt_tps": "prompt speed",
    "generation_tps": "generation speed",
    "total_rating": "total rating",
    "compress_rating": "compression",
    "decompress_rating": "decompression",
}


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """Write how long ago something was, in the largest unit that says enough."""
    if moment is None:
        return NOT_THERE
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < -60:
        return f"in {_amount(-seconds)}"
    return "just now" if seconds < 60 else f"{_amount(seconds)} ago"


def _amount(seconds: float) -> str:
    for size, unit in ((86400 * 365, "years"), (86400 * 60, "months"), (86400 * 2, "days")):
        if seconds >= size:
            divisor = 86400 * {"years": 365, "months": 30, "days": 1}[unit]
            return f"{seconds / divisor:.0f} {unit}"
    return f"{seconds / 3600:.0f} h" if seconds >= 5400 else f"{max(1, seconds / 60):.0f} min"


def when(moment: datetime | None) -> str:
    """Write a time to the minute, UTC."""
    return NOT_THERE if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(moment: datetime) -> str:
    """Write a date."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def quantity(value: float | None, unit: str | None) -> str:
    """Write a value with its unit, or a dash."""
    return NOT_THERE if value is None else format_quantity(value, unit or "")


def signed_percent(share: float | None) -> str:
    """Write a share as percent with its sign: one decimal, two below one percent."""
    if share is None:
        return NOT_THERE
    percent = 100 * share
    decimals = 2 if abs(percent) < 0.95 else 1
    text = f"{percent:+.{decimals}f}".replace("-", "−")
    return f"{text.replace('+0.00', '0').replace('−0.00', '0')} %"


def metric(name: str | None) -> str:
    """Write the name of a metric: ``generation_tps`` is *generation speed*."""
    if not name:
        return "no metric"
    return _METRICS.get(name, name.replace("_", " "))


def workload(block: Mapping[str, Any]) -> str:
    """Write what was run, e.g. ``llama · llama-3.2-1b · Q4_0``.

    Args:
        block: a row of :attr:`vttbench.dashboard.store.summaries.Summaries.blocks`.
    """
    parts = [block["benchmark"], block.get("variant") or block.get("model")]
    return " · ".join(str(part) for part in parts if part)


def count(number: int, singular: str, plural: str = "") -> str:
    """Write an amount of things: ``1 host``, ``1 000 hosts``."""
    grouped = f"{number:,}".replace(",", "\u00a0")
    return f"{grouped} {singular if number == 1 else plural or singular + 's'}"


def listed(names: list[str], most: int = 4) -> str:
    """Write names in a row: ``a, b and c``, or ``a, b, c and 7 more``."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "none"


def stale(moment: datetime | None, after: timedelta, now: datetime | None = None) -> bool:
    """Tell whether something is so old that it should be looked at."""
    return moment is None or (now or datetime.now(UTC)) - moment > after
