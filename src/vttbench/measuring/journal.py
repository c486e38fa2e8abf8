"""What has been measured so far, on the controller's disk after every repeat.

A journal is a folder below ``.vttbench/inprogress/`` with the raw output of every repeat and a
draft of the result document, which says "interrupted". When the step ends, the result is written
to the results directory and the journal goes. When the controller is killed instead, the next run
finds a journal whose owner is gone and writes the draft as a ``partial`` result.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from vttbench.benchmarks.output import RawOutput
from vttbench.result import Result, ResultError, dumps, load
from vttbench.store.durable import write_replacing
from vttbench.store.writer import alive, this_process

_OWNER = "owner.json"
_DRAFT = "draft.json"


def folder_in(state_dir: Path) -> Path:
    """Return where journals lie."""
    return state_dir / "inprogress"


class Journal:
    """The journal of one step.

    Args:
        state_dir: the checkout's ``.vttbench``.
        result_id: of the result that will come of it.
    """

    def __init__(self, state_dir: Path, result_id: str) -> None:
        self.folder = folder_in(state_dir) / result_id
        self.raw_dir = self.folder / "raw"
        # It appears with its owner in it: another host's step, which looks for what was left
        # behind, would take a journal without one for abandoned.
        making = self.folder.with_name(f".{result_id}")
        (making / "raw").mkdir(parents=True)
        write_replacing(making / _OWNER, json.dumps(this_process()).encode())
        making.rename(self.folder)

    def keep(self, name: str, raw: RawOutput) -> None:
        """Store what one run of a tool left behind, under a name such as ``repeat-03``."""
        self.keep_file(f"{name}.stdout", raw.stdout)
        if raw.stderr:
            self.keep_file(f"{name}.stderr", raw.stderr)
        for file, content in raw.files.items():
            self.keep_file(f"{name}.{Path(file).name}", content)

    def keep_file(self, name: str, content: bytes) -> None:
        """Store one raw file."""
        write_replacing(self.raw_dir / name, content)

    def draft(self, result: Result) -> None:
        """Store what the result would be if nothing more came."""
        write_replacing(self.folder / _DRAFT, dumps(result).encode())

    def close(self) -> None:
        """Remove the journal; the result is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def abandoned(
    state_dir: Path, *, on_error: Callable[[Path, Exception], None] | None = None
) -> Iterator[tuple[Result, Path, Callable[[], None]]]:
    """Find journals whose owner is gone.

    Yields:
        The draft, the folder of its raw files, and a function that removes the journal once the
        draft has been written as a result. A journal without a draft had measured nothing yet and
        is removed.
    """
    root = folder_in(state_dir)
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.name.startswith(".") or not folder.is_dir() or _alive(folder / _OWNER):
            continue
        try:
            draft = load(folder / _DRAFT)
        except FileNotFoundError:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        except ResultError as error:
            if on_error is not None:
                on_error(folder / _DRAFT, error)
            continue
        yield draft, folder / "raw", lambda folder=folder: shutil.rmtree(folder)  # type: ignore[misc]


def _alive(owner: Path) -> bool:
    try:
        writer = json.loads(owner.read_text())
    except (OSError, ValueError):
        return False
    # Another controller may share this folder: only it can tell of its own.
    return alive(writer, abandoned_after_s=math.inf)
