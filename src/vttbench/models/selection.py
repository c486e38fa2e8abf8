"""Which models a run measures on a host: what was asked for, held against what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vttbench.models.discovery import DiscoveredModel, discover, part_paths
from vttbench.models.errors import NoModelsError
from vttbench.models.inventory import Inventory, Mode, NamedModel
from vttbench.models.listing import FileEntry, Listing, is_absolute, relative

# GB or GiB, people write both: 7 % apart. What differs by more is another file.
_SIZE_TOLERANCE = 0.10
_NAMED_IN_MESSAGES = 5


@dataclass(frozen=True)
class Selected:
    """One model that a run asks for.

    Attributes:
        name: what results call it.
        file: what llama-bench is given, as the host writes it.
        parts: all files that are there, as the host writes them; empty for one that is missing.
        status: ``missing`` becomes a result of status ``skipped``.
        reason: why it is missing.
        quant: as the inventory says.
        warnings: what looks wrong about files that are there.
    """

    name: str
    file: str
    parts: tuple[FileEntry, ...]
    status: Literal["ok", "missing"]
    reason: str | None = None
    quant: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Size of all parts that are there."""
        return sum(part.size for part in self.parts)

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data, for Ansible facts and JSON."""
        return {
            "name": self.name,
            "file": self.file,
            "parts": [{"path": part.path, "size": part.size} for part in self.parts],
            "size_bytes": self.size_bytes,
            "size_gb": round(self.size_bytes / 1e9, 3),
            "quant": self.quant,
            "status": self.status,
            "reason": self.reason,
            "warnings": list(self.warnings),
        }


def select(inventory: Inventory, mode: Mode | str, listing: Listing) -> list[Selected]:
    """Choose the models of a mode.

    ``light`` and ``default`` take the named models of the inventory that are listed for them;
    ``all`` takes every named one and every other one that is below the folder.

    Args:
        inventory: named models.
        mode: see :class:`Mode`.
        listing: the files of the host. For named models with a path outside the folder it has to
            hold their files too (see :func:`paths_outside`).

    Returns:
        One entry a model: the named ones in the order of the inventory, then the others by name.

    Raises:
        NoModelsError: none of them is there; names the folder and what was looked for.
    """
    mode = Mode.of(mode)
    found = discover(entry for entry in listing.files if not is_absolute(entry.path))
    named = inventory.of_mode(mode)
    chosen = [_look_up(model, found, listing) for model in named]
    if mode is Mode.ALL:
        taken = {model.name for model in named}
        files = {part.path for entry in chosen for part in entry.parts}
        chosen += [
            _of_discovered(model, _free_name(model.name, taken), listing)
            for model in found
            if not files & {listing.absolute(part.path) for part in model.parts}
        ]
    if not any(entry.status == "ok" for entry in chosen):
        raise NoModelsError(_nothing(mode, chosen, found, listing))
    return chosen


def paths_outside(inventory: Inventory, mode: Mode | str, root: str) -> list[str]:
    """Return the files of a mode that are not below the model folder and have to be looked at."""
    return [
        path
        for model in inventory.of_mode(Mode.of(mode))
        if is_absolute(relative(model.path, root))
        for path in part_paths(model.path, model.parts)
    ]


def _look_up(model: NamedModel, found: list[DiscoveredModel], listing: Listing) -> Selected:
    wanted = part_paths(relative(model.path, listing.root), model.parts)
    for candidate in found:
        if any(listing.same(part.path, path) for part in candidate.parts for path in wanted):
            return _of_discovered(candidate, model.name, listing, model)
    # Not among what discovery takes for models: outside the folder, hidden, or of another name.
    there = [
        entry
        for path in wanted
        for entry in listing.files
        if listing.same(entry.path, path) and entry.size > 0
    ]
    if len(there) == len(wanted):
        candidate = DiscoveredModel(model.name, tuple(there), len(wanted))
        return _of_discovered(candidate, model.name, listing, model)
    return Selected(
        name=model.name,
        file=listing.absolute(wanted[0]),
        parts=(),
        status="missing",
        reason=_why_missing(wanted, there, listing),
        quant=model.quant,
    )


def _of_discovered(
    found: DiscoveredModel, name: str, listing: Listing, model: NamedModel | None = None
) -> Selected:
    parts = tuple(FileEntry(listing.absolute(part.path), part.size) for part in found.parts)
    warnings = [] if model is None or not found.complete else _differences(model, found)
    return Selected(
        name=name,
        file=listing.absolute(part_paths(found.first.path, found.expected_parts)[0]),
        parts=parts,
        status="ok" if found.complete else "missing",
        reason=found.reason,
        quant=model.quant if model else None,
        warnings=tuple(warnings),
    )


def _differences(model: NamedModel, found: DiscoveredModel) -> list[str]:
    differences = []
    if model.parts != found.expected_parts:
        differences.append(
            f"{model.name} has {found.expected_parts} parts, the inventory says {model.parts}"
        )
    if model.size_gb is not None:
        size_gb = found.size_bytes / 1e9
        if abs(size_gb / model.size_gb - 1) > _SIZE_TOLERANCE:
            differences.append(
                f"{model.name} has {size_gb:.2f} GB, the inventory says {model.size_gb:g} GB: "
                "another model, or an unfinished download"
            )
    return differences


def _why_missing(wanted: list[str], there: list[FileEntry], listing: Listing) -> str:
    if there:
        return f"incomplete: {len(there)} of {len(wanted)} parts are there"
    path = wanted[0]
    for entry in listing.files:
        if listing.same(entry.path, path):
            return f"{listing.absolute(path)} is empty"
        if entry.path[len(path) :].startswith(".") and listing.same(entry.path[: len(path)], path):
            return f"only an unfinished download is there: {listing.absolute(entry.path)}"
    name = path.rpartition("/")[2].casefold()
    for entry in listing.files:
        if entry.path.rpartition("/")[2].casefold() == name:
            where = listing.absolute(entry.path)
            return f"{listing.absolute(path)} is not there, but {where} is: correct its path"
    return f"{listing.absolute(path)} is not there"


def _free_name(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _nothing(
    mode: Mode, chosen: list[Selected], found: list[DiscoveredModel], listing: Listing
) -> str:
    if mode is Mode.ALL and not chosen:
        return (
            f"no model below {listing.root}: looked for *.gguf files (not hidden, not empty, "
            "downloads finished)"
        )
    if not chosen:
        advice = f"; model_config_mode=all would measure {_named(_names(found))}" if found else ""
        return (
            f"the inventory of models lists none for model_config_mode={mode.value}, "
            f"so nothing was looked for in {listing.root}{advice}"
        )
    looked = _named([f"{entry.name} ({entry.reason})" for entry in chosen])
    names = _names([model for model in found if model.complete])
    there = f"; found there: {_named(names)}" if names else "; no other model is there"
    return (
        f"none of the {len(chosen)} models of model_config_mode={mode.value} "
        f"is below {listing.root}: {looked}{there}"
    )


def _names(found: list[DiscoveredModel]) -> list[str]:
    return [model.name for model in found]


def _named(items: list[str]) -> str:
    more = len(items) - _NAMED_IN_MESSAGES
    return ", ".join(items[:_NAMED_IN_MESSAGES]) + (f" and {more} more" if more > 0 else "")
