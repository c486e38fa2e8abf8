"""How numbers are written for people: as many digits as the measurement supports, no more."""

from __future__ import annotations

import math

NOT_THERE = "—"
# A space that never breaks a line. Comma and point both mark decimals somewhere in the world.
_GROUP = "\u00a0"
_DIGITS_WITHOUT_INTERVAL = 4
_MOST_DIGITS = 6


def format_quantity(
    value: float, unit: str = "", *, interval: tuple[float, float] | None = None
) -> str:
    """Write a value with its unit.

    The half-width of the interval keeps two significant digits and the value the same number of
    decimals, as the Particle Data Group does; at most six digits are significant, and four where
    there is no interval. Digits are grouped by threes from 10 000 on.

    Args:
        value: finite.
        unit: written after the value; a plain ``1`` and an empty text are left out.
        interval: the 95 % interval of the value.
    """
    return _with_unit(_fixed(value, _decimals(value, interval)), unit)


def format_interval(value: float, interval: tuple[float, float] | None) -> str:
    """Write the 95 % interval with the decimals of its value, or a dash where there is none."""
    if interval is None:
        return NOT_THERE
    decimals = _decimals(value, interval)
    low, high = (_fixed(bound, decimals) for bound in interval)
    return f"{low} – {high}"


def format_half_width(value: float, interval: tuple[float, float] | None) -> str:
    """Write the 95 % interval as its relative half-width, where there is little room."""
    if interval is None or value == 0:
        return NOT_THERE
    return f"±{format_percent(50 * (interval[1] - interval[0]) / abs(value))}"


def format_spread(cv: float | None) -> str:
    """Write a coefficient of variation as a percentage with two significant digits."""
    if cv is None:
        return NOT_THERE
    return format_percent(100 * abs(cv))


def format_percent(percent: float, *, signed: bool = False) -> str:
    """Write percent with two significant digits, and no more than two decimals."""
    magnitude = abs(percent)
    decimals = 0 if magnitude >= 9.95 else 1 if magnitude >= 0.995 else 2
    text = f"{percent:+.{decimals}f}" if signed else f"{percent:.{decimals}f}"
    return f"{_no_negative_zero(text).replace('-', '−')} %"


def format_duration(seconds: float) -> str:
    """Write seconds as people say them: ``4.2 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def format_bytes(size: int) -> str:
    """Write a size in the largest binary unit that keeps a digit before the point."""
    amount, units = float(size), ["TiB", "GiB", "MiB", "KiB"]
    if size < 1024:
        return f"{size} B"
    while True:
        amount, unit = amount / 1024, units.pop()
        if amount < 1024 or not units:
            return f"{amount:.1f} {unit}"


def _decimals(value: float, interval: tuple[float, float] | None) -> int:
    size = _exponent(value)
    finest = _MOST_DIGITS - 1 - size
    if interval is not None and interval[1] > interval[0]:
        return min(1 - _exponent((interval[1] - interval[0]) / 2), finest)
    return finest if interval is not None else _DIGITS_WITHOUT_INTERVAL - 1 - size


def _exponent(number: float) -> int:
    # By the formatted text and not by the logarithm, which misses 999.9999 becoming 1000.
    return int(f"{abs(number):.1e}".partition("e")[2]) if number and math.isfinite(number) else 0


def _fixed(number: float, decimals: int) -> str:
    if abs(number) >= 1e15 or (number and abs(number) < 1e-6):
        return f"{number:.{_DIGITS_WITHOUT_INTERVAL - 1}e}"
    # Zeros before the point are kept honest by the interval beside them: 12 345 ± 500 is written
    # 12 300, not 1.23e4.
    text = f"{round(number, decimals):,.{max(decimals, 0)}f}"
    whole = text.lstrip("-").partition(".")[0]
    separator = _GROUP if len(whole.replace(",", "")) > 4 else ""
    return _no_negative_zero(text.replace(",", separator)).replace("-", "−")


def _no_negative_zero(text: str) -> str:
    return text[1:] if text[:1] in "+-" and not text.strip("+-0.") else text


def _with_unit(text: str, unit: str) -> str:
    return text if unit in {"", "1"} else f"{text} {unit}"
