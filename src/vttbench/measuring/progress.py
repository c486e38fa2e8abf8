"""One line after every repeat, which reads well in a terminal and in a log."""

from __future__ import annotations

from dataclasses import dataclass

from vttbench.measuring.tally import Tally
from vttbench.sampling.limits import Limits
from vttbench.sampling.statistics import summarize


@dataclass(frozen=True)
class Progress:
    """How far a step has come.

    Attributes:
        done: repeats that count.
        limit: repeats after which it ends at the latest.
        headline: first primary metric with its spread.
        note: what became of the last run, if it doesn't count.
        eta_s: rough time to the end, seconds.
    """

    host: str
    title: str
    done: int
    limit: int
    headline: str
    note: str
    eta_s: float

    @classmethod
    def of(
        cls, *, host: str, title: str, tally: Tally, limits: Limits, usual_repeat_s: float
    ) -> Progress:
        """Read the progress off the tally."""
        done = len(tally.good())
        last = tally.repeats[-1]
        note = "warm-up" if last.kind == "warmup" and last.status == "ok" else ""
        if last.status != "ok":
            note = f"{last.status}: {last.reason}"
        return cls(
            host=host,
            title=title,
            done=done,
            limit=limits.max_repeats,
            headline=_headline(tally),
            note=note,
            eta_s=max(limits.min_repeats - done, 0) * usual_repeat_s,
        )

    def __str__(self) -> str:
        """Return the line."""
        parts = [self.host, self.title, f"{self.done}/{self.limit}"]
        parts += [part for part in (self.headline, self.note) if part]
        if self.eta_s >= 1:
            parts.append(f"eta {_duration(self.eta_s)}")
        return "  ".join(parts)


def _headline(tally: Tally) -> str:
    for metric in tally.metrics():
        if metric.primary:
            width = summarize(metric.samples).half_width_percent
            spread = f" ±{width:.1f} %" if width is not None else ""
            return f"{metric.name} {_number(metric.value)} {metric.unit}{spread}"
    return ""


def _number(value: float) -> str:
    """Write four significant digits, large numbers in groups of three."""
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 1000 else f"{rounded:.4g}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
