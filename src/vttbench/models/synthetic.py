"""Synthetic models: valid GGUF files of a given shape with random weights."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from vttbench.models.discovery import part_paths
from vttbench.models.errors import ModelError
from vttbench.models.fill import Quant, quant_of
from vttbench.models.gguf_file import holds, stored_as, write_gguf
from vttbench.models.presets import TensorShape, preset_of, tensors_of

# Raise it whenever the bytes of a file of the same (preset, quant, seed) change.
_GENERATOR = 1
_RESERVE_BYTES = 256 * 2**20  # a full disk disturbs everything else on a machine
_MAX_PARTS = 99_999


@dataclass(frozen=True)
class Synthetic:
    """A synthetic model on disk.

    Attributes:
        files: all parts; the first is what llama-bench is given.
        size_bytes: of all parts.
        written: False if the very same model was there already.
        seconds: that writing took, with everything on the disk.
    """

    files: tuple[Path, ...]
    size_bytes: int
    written: bool
    seconds: float


def file_name(preset: str, quant: str) -> str:
    """Return the name such a model has: ``synthetic-<preset>-<quant>.gguf``.

    Raises:
        ModelError: unknown preset or quantisation.
    """
    return f"synthetic-{preset_of(preset).name}-{quant_of(quant).name}.gguf"


def write_synthetic(
    path: Path, preset: str, quant: str, seed: int, split: int | None = None
) -> Synthetic:
    """Write a GGUF file that llama.cpp loads and measures like a model of that shape.

    The same (preset, quant, seed) gives the same bytes, everywhere and with every version. The
    files appear under their names when they are complete. If the very same model is there already,
    nothing is written.

    Args:
        path: file to write; with ``split``, its name gets ``-00001-of-0000N`` before ``.gguf``.
        preset: name of a shape, see :data:`vttbench.models.presets.PRESETS`.
        quant: type of all matrices: ``Q4_0``, ``Q8_0`` or ``F16``.
        seed: of the random weights, 0 to 2^63 - 1.
        split: number of parts, as equal in size as whole tensors allow; None for one file.

    Raises:
        ModelError: unknown preset or quantisation, a split that is not possible, or a disk that is
            too small.
        OSError: the file can't be written.
    """
    shape, kind = preset_of(preset), quant_of(quant)
    tensors = list(tensors_of(shape))
    _check(path, seed, split, tensors)
    size = sum(stored_as(tensor, kind).size(tensor.elements) for tensor in tensors)
    identity = {"preset": shape.name, "quant": kind.name, "seed": seed, "generator": _GENERATOR}
    first = (
        path
        if not split or split == 1
        else path.with_name(f"{path.stem}-00001-of-{split:05d}.gguf")
    )
    finals = tuple(Path(part) for part in part_paths(str(first), split or 1))
    if holds(finals, identity, size):
        return Synthetic(finals, sum(part.stat().st_size for part in finals), False, 0.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_space(path.parent, path.name, size)

    began = perf_counter()
    parts = _parts(tensors, kind, split or 1)
    with _draft_folder(path) as folder:
        drafts = write_gguf(folder / path.name, shape, kind, identity, parts)
        written = sum(draft.stat().st_size for draft in drafts)
        # The first part last: whoever sees it can load the model.
        for draft, final in reversed(list(zip(drafts, finals, strict=True))):
            draft.replace(final)
    _sync_folder(path.parent)
    return Synthetic(finals, written, True, perf_counter() - began)


def _check(path: Path, seed: int, split: int | None, tensors: list[TensorShape]) -> None:
    if path.suffix != ".gguf":
        raise ModelError(f"{path}: the name of a model ends in .gguf")
    if part_paths(str(path), 0) != [str(path)]:
        raise ModelError(f"{path}: give the name without a part's number, and how many parts")
    if not 0 <= seed < 2**63:
        raise ModelError(f"seed is {seed}: choose one from 0 to 2^63 - 1")
    most = min(len(tensors), _MAX_PARTS)
    if split is not None and not 1 <= split <= most:
        raise ModelError(f"can't split this model into {split} parts: choose 1 to {most}")


def _check_space(folder: Path, name: str, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _RESERVE_BYTES:
        raise ModelError(
            f"{name} needs {size / 1e9:.2f} GB and {_RESERVE_BYTES / 1e9:.2f} GB to spare; "
            f"{folder} has {free / 1e9:.2f} GB free. Choose a smaller preset or another folder"
        )


def _parts(tensors: list[TensorShape], quant: Quant, count: int) -> list[list[TensorShape]]:
    """Cut the tensors into parts of about the same size, none of them empty."""
    sizes = [stored_as(tensor, quant).size(tensor.elements) for tensor in tensors]
    total, done = sum(sizes), 0
    parts: list[list[TensorShape]] = [[]]
    for index, (tensor, size) in enumerate(zip(tensors, sizes, strict=True)):
        wanted = count - len(parts)  # parts that are still to begin
        full = (done + size / 2) * count > total * len(parts)
        if parts[-1] and wanted and (full or len(tensors) - index <= wanted):
            parts.append([])
        parts[-1].append(tensor)
        done += size
    return parts


@contextmanager
def _draft_folder(path: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, which is gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders can't be opened there, and renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
