"""Which language models are among the files below a folder.

A model is one ``.gguf`` file, or a set ``NAME-00001-of-000NN.gguf`` as ``llama-gguf-split`` names
its parts (llama.cpp, ``llama_split_path``); llama-bench reads such a set from its first part.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vttbench.models.listing import FileEntry, normalised

_PART = re.compile(r"^(?P<prefix>.+)-(?P<no>\d{5})-of-(?P<count>\d{5})\.gguf$", re.IGNORECASE)
# Folders where a file is no longer, or not for users: Windows' bin beside the hidden ones.
_SYSTEM_FOLDERS = frozenset({"$recycle.bin", "system volume information", "lost+found"})
_UNFINISHED = (".part", ".incomplete", ".partial", ".crdownload", ".download", ".tmp")
# aria2 keeps its control file beside the file for just as long as that is incomplete.
_CONTROL_FILE = ".aria2"
# GGUF files that are no language model: projectors of vision models, importance matrices,
# vocabularies for llama.cpp's own tests.
_OTHER_CONTENT = re.compile(r"(^|[-_./])(mmproj|imatrix)([-_.]|$)|^ggml-vocab-", re.IGNORECASE)
_MENTIONED = 5


@dataclass(frozen=True)
class DiscoveredModel:
    """One model that a listing holds.

    Attributes:
        name: unique within the listing.
        parts: files that are there, in the order of their numbers.
        expected_parts: how many there should be.
        reason: why it can't be used, or None.
    """

    name: str
    parts: tuple[FileEntry, ...]
    expected_parts: int
    reason: str | None = None

    @property
    def complete(self) -> bool:
        """Whether all parts are there."""
        return self.reason is None

    @property
    def first(self) -> FileEntry:
        """The file that llama-bench is given."""
        return self.parts[0]

    @property
    def size_bytes(self) -> int:
        """Size of all parts that are there."""
        return sum(part.size for part in self.parts)


def discover(listing: Iterable[FileEntry]) -> list[DiscoveredModel]:
    """Find the models among files.

    Left out are hidden folders (so every ``.Trash``), hidden files, unfinished downloads, empty
    files, and GGUF files that hold no language model. A set that lacks a part is there, with the
    reason why it can't be used.

    Args:
        listing: files with paths relative to the model folder; backslashes count as slashes.

    Returns:
        Models sorted by name; the order of the listing doesn't matter.
    """
    entries = [FileEntry(normalised(entry.path), entry.size) for entry in listing]
    unfinished = {
        entry.path.removesuffix(_CONTROL_FILE)
        for entry in entries
        if entry.path.endswith(_CONTROL_FILE)
    }
    groups: dict[tuple[str, int | None], dict[int, FileEntry]] = defaultdict(dict)
    for entry in sorted(entries, key=lambda entry: entry.path):
        if not is_language_model(entry.path) or entry.size <= 0:
            continue
        part = _PART.match(entry.path)
        if part is None:
            groups[entry.path[: -len(".gguf")], None].setdefault(1, entry)
        else:
            groups[part["prefix"], int(part["count"])].setdefault(int(part["no"]), entry)
    names = _distinct_names([prefix for prefix, _ in groups])
    models = []
    for name, ((_, count), numbered) in zip(names, groups.items(), strict=True):
        parts = tuple(numbered[number] for number in sorted(numbered))
        reason = None if count is None else _fault(numbered, count)
        loading = [part.path for part in parts if part.path in unfinished]
        if reason is None and loading:
            reason = f"{loading[0]} is still being downloaded (there is a {_CONTROL_FILE} file)"
        models.append(DiscoveredModel(name, parts, max(count or 1, 1), reason))
    return sorted(models, key=lambda model: model.name)


def is_language_model(path: str) -> bool:
    """Tell by its normalised path whether a file is a language model, finished and not hidden."""
    *folders, name = path.split("/")
    if any(part.startswith(".") and part != ".." for part in (*folders, name)):
        return False
    if any(folder.casefold() in _SYSTEM_FOLDERS for folder in folders):
        return False
    stem, dot, extension = name.rpartition(".")
    if not (stem and dot and extension.casefold() == "gguf"):
        return False
    return not stem.casefold().endswith(_UNFINISHED) and _OTHER_CONTENT.search(stem) is None


def part_paths(first: str, count: int) -> list[str]:
    """Return the paths of all parts of a model, from the path of any one of them.

    Args:
        first: path of a part, or of a model in one file.
        count: used where the path itself doesn't say how many there are.
    """
    part = _PART.match(first)
    if part is None:
        return [first]
    extension = first[-len(".gguf") :]
    total = int(part["count"]) or count
    return [f"{part['prefix']}-{no:05d}-of-{total:05d}{extension}" for no in range(1, total + 1)]


def _fault(numbers: Iterable[int], count: int) -> str | None:
    there = set(numbers)
    odd = sorted(number for number in there if not 1 <= number <= count)
    if odd:
        return f"there is a part {odd[0]} of {count}"
    lacking = [number for number in range(1, count + 1) if number not in there]
    if not lacking:
        return None
    named = ", ".join(str(number) for number in lacking[:_MENTIONED])
    more = f" and {len(lacking) - _MENTIONED} more" if len(lacking) > _MENTIONED else ""
    return f"incomplete: {len(there)} of {count} parts are there, part {named}{more} is missing"


def _distinct_names(prefixes: Sequence[str]) -> list[str]:
    """Name each model by its file, with as many of its folders as tell it from all others."""
    split = [prefix.strip("/").split("/") for prefix in prefixes]
    depths = [1] * len(split)
    while True:
        names = ["-".join(parts[-depth:]) for parts, depth in zip(split, depths, strict=True)]
        taken = Counter(name.casefold() for name in names)
        deeper = [
            index
            for index, name in enumerate(names)
            if taken[name.casefold()] > 1 and depths[index] < len(split[index])
        ]
        if not deeper:
            break
        for index in deeper:
            depths[index] += 1
    return _numbered(names)


def _numbered(names: Sequence[str]) -> list[str]:
    """Give what still has the same name (``a/b-c`` and ``a-b/c``, or ``x`` and ``X``) numbers."""
    used = {name.casefold() for name in names}
    seen: set[str] = set()
    distinct = []
    for name in names:
        candidate, number = name, 2
        while candidate.casefold() in seen or (candidate != name and candidate.casefold() in used):
            candidate, number = f"{name}-{number}", number + 1
        seen.add(candidate.casefold())
        distinct.append(candidate)
    return distinct
