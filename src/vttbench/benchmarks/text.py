"""Bytes of a tool as text, and text as numbers."""

from __future__ import annotations

import codecs
import re

from vttbench.benchmarks.output import OutputError, RawOutput

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What separates thousands in the languages of Windows: apostrophes, spaces that don't break.
_GROUPING = re.compile("(?<=\\d)[\u00a0\u202f'\u2019](?=\\d{3})")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?")
_NOT_FINITE = re.compile(
    r"[+-]?(nan|inf(inity)?)(\([a-z0-9]*\))?|[+-]?\d\.#(IND|INF|QNAN|SNAN)\d*", re.IGNORECASE
)


def decode(data: bytes) -> str:
    r"""Decode what a tool wrote: UTF-8 or, with a byte order mark, UTF-16; line ends become ``\n``.

    Bytes that are no UTF-8 become U+FFFD, because the tool's name of a CPU in some code page must
    not cost the numbers beside it.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, errors="replace")
            break
    else:
        text = data.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def number(text: str, *, decimal: str = "auto") -> float:
    """Read a number as tools and Windows in any language write it.

    Args:
        text: e.g. ``1234.5``, ``1234,5``, ``1.234,5``, ``-nan``.
        decimal: ``point``, ``comma``, or ``auto``. With ``auto`` a point is always decimal unless a
            comma follows it, and a lone comma is decimal unless three digits follow it.

    Returns:
        The number; NaN or an infinity where the text says so.

    Raises:
        OutputError: no number, or one that can be read in two ways (``1,234``).
    """
    word = _GROUPING.sub("", text.strip())
    if _NOT_FINITE.fullmatch(word):
        if "inf" in word.lower():
            return float("-inf") if word.startswith("-") else float("inf")
        return float("nan")
    if not _NUMBER.fullmatch(word):
        raise OutputError(f"expected a number, saw {text.strip()[:40]!r}")
    plain = _with_decimal_point(word, decimal)
    try:
        return float(plain)
    except ValueError:
        raise OutputError(f"expected a number, saw {text.strip()[:40]!r}") from None


def _with_decimal_point(word: str, decimal: str) -> str:
    if decimal == "comma":
        return word.replace(".", "").replace(",", ".")
    if decimal == "point" or "," not in word:
        return word.replace(",", "")
    if "." in word:  # the later of the two is the decimal one
        comma_last = word.rindex(",") > word.rindex(".")
        return _with_decimal_point(word, "comma" if comma_last else "point")
    if word.count(",") > 1:
        return word.replace(",", "")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", word):
        raise OutputError(f"{word!r} may mean thousands or decimals: say decimal: comma or point")
    return word.replace(",", ".")


def tail(raw: RawOutput, *, lines: int = 3) -> str:
    """Return the last lines that the tool said, in quotes, for a message."""
    for name, data in (("stderr", raw.stderr), ("stdout", raw.stdout)):
        said = [line.strip() for line in decode(data).splitlines() if line.strip()]
        if said:
            return f"{name} ends in {' / '.join(line[:160] for line in said[-lines:])!r}"
    return "it said nothing"


def require_success(raw: RawOutput, tool: str) -> None:
    """Refuse the output of a run that failed.

    Raises:
        OutputError: the exit status is not 0; the message holds what the tool said last.
    """
    if raw.returncode != 0:
        raise OutputError(f"{tool} ended with exit status {raw.returncode}; {tail(raw)}")
