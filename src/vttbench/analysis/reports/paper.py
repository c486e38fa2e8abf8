"""A report of headings, sentences and tables, for a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vttbench.reporting.exports import escape_markdown

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Heading:
    """Begins a part; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Sentence:
    """A paragraph of its own.

    Attributes:
        text: plain text.
        tone: good, bad, doubt, quiet or plain: a colour in the terminal.
    """

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Listing:
    """Sentences that belong together."""

    items: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        headings: of the columns.
        rows: as many cells as headings each.
        right: headings of columns of numbers.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[str] = frozenset()


Block = Heading | Sentence | Listing | Grid


@dataclass
class Paper:
    """A report, block by block."""

    blocks: list[Block] = field(default_factory=list)

    def heading(self, text: str, level: int = 2) -> None:
        """Begin a part."""
        self.blocks.append(Heading(text, level))

    def say(self, text: str, tone: str = "plain") -> None:
        """Add a paragraph."""
        self.blocks.append(Sentence(text, tone))

    def listing(self, items: Sequence[str]) -> None:
        """Add sentences that belong together; none for no sentence."""
        if items:
            self.blocks.append(Listing(items))

    def grid(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()
    ) -> None:
        """Add a table; none for no row."""
        if rows:
            self.blocks.append(Grid(headings, rows, frozenset(right)))


def to_markdown(paper: Paper) -> str:
    """Return the report as GitHub and GitLab draw it."""
    parts = []
    for block in paper.blocks:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {escape_markdown(block.text)}")
        elif isinstance(block, Sentence):
            parts.append(escape_markdown(block.text))
        elif isinstance(block, Listing):
            parts.append("\n".join(f"- {escape_markdown(item)}" for item in block.items))
        else:
            lines = [block.headings, *block.rows]
            text = [f"| {' | '.join(escape_markdown(cell) for cell in line)} |" for line in lines]
            marks = ["---:" if name in block.right else "---" for name in block.headings]
            text.insert(1, f"| {' | '.join(marks)} |")
            parts.append("\n".join(text))
    return "\n\n".join(parts) + "\n"


_TONES = {"good": "bold green", "bad": "bold red", "doubt": "yellow", "quiet": "dim", "plain": ""}


def print_paper(console: Console, paper: Paper) -> None:
    """Print the report for people."""
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    for number, block in enumerate(paper.blocks):
        if isinstance(block, Heading):
            if number:
                console.print()
            console.print(Text(block.text, style="bold" if block.level > 1 else "bold underline"))
        elif isinstance(block, Sentence):
            console.print(Text(block.text, style=_TONES[block.tone]))
        elif isinstance(block, Listing):
            for item in block.items:
                console.print(Padding(Text(f"• {item}"), (0, 0, 0, 2)))
        else:
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
            for name in block.headings:
                right = name in block.right
                table.add_column(name, justify="right" if right else "left", no_wrap=right)
            for row in block.rows:
                table.add_row(*(Text(cell) for cell in row))
            console.print(table)
