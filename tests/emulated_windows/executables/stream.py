"""Our STREAM for Windows, cross-compiled from the source of the role ``benchmark_stream``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..powershell import ROOT
from .building import Recipe, run

_SOURCE = ROOT / "roles/benchmark_stream/files/stream.c"
_COMPILER = "x86_64-w64-mingw32-gcc-posix"
# -static: otherwise it needs three DLLs beside it, and without them ends without a word.
_FLAGS = ["-O3", "-fopenmp", "-static"]


def _build(work: Path) -> Path:
    program = work / "stream.exe"
    flags = f'-DSTREAM_FLAGS="{" ".join(_FLAGS)}"'
    run([_COMPILER, *_FLAGS, flags, _SOURCE, "-o", program, "-lm"], work)
    return program


STREAM = Recipe(
    "stream",
    hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12],
    "stream.exe",
    {_COMPILER: "gcc-mingw-w64-x86-64-posix"},
    _build,
)
