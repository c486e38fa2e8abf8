"""Small things that all reports of analysis say in the same way."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from vttbench.analysis.comparability import Refusal
from vttbench.analysis.rows import DEMO_TAG

NOT_THERE = "—"


def percent(value: float, decimals: int = 1) -> str:
    """Write signed percent with a true minus sign, e.g. ``+2.1 %``."""
    text = f"{value:+.{decimals}f}"
    if not text.strip("+-0."):
        text = text[1:]
    return f"{text.replace('-', '−')} %"


def bracket(interval: tuple[float, float], decimals: int = 1) -> str:
    """Write an interval, e.g. ``[+1.4, +2.8]``."""
    low, high = (percent(bound, decimals).removesuffix(" %") for bound in interval)
    return f"[{low}, {high}]"


def joined(names: Sequence[str]) -> str:
    """Write names as a sentence has them: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def shortened(names: Sequence[str]) -> str:
    """Write names that begin alike only once in full: ``zbook-01, -02 and -04``."""
    if not names:
        return "nobody"
    stem = names[0].rpartition("-")[0]
    alike = stem and all(name.startswith(f"{stem}-") for name in names)
    return joined([names[0], *(name[len(stem) :] if alike else name for name in names[1:])])


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun: ``1 session``, ``3 sessions``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def demo_remark(frame: pl.DataFrame) -> list[str]:
    """Return a sentence where there is demo data among the results."""
    tags = frame["tags"].cast(pl.String).fill_null("").str.split(",")
    demo = int(tags.list.contains(DEMO_TAG).sum())
    if not demo:
        return []
    share = "All" if demo == len(frame) else "Some"
    return [f"{share} of these results are demo data: nobody measured them."]


def summed_up(refusals: Sequence[Refusal]) -> list[str]:
    """Say what was refused, in one sentence a host and reason."""
    said: dict[tuple[str, str, bool], list[Refusal]] = {}
    for refusal in refusals:
        said.setdefault((refusal.host, refusal.reason, refusal.forced), []).append(refusal)
    sentences = []
    for (host, reason, forced), parts in said.items():
        number = counted(sum(part.results for part in parts), "result")
        labels = list(dict.fromkeys(part.label for part in parts))
        shown = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
        verdict = "compared all the same" if forced else "not compared"
        sentences.append(f"{host}, {number} of {shown}: {verdict}, {reason} (others / this host)")
    return sentences
