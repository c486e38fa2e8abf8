"""The benchmarks that users define for a host: from ``benchmarks.d`` and from the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vttbench.benchmarks.custom import (
    Definition,
    DefinitionError,
    load_definitions,
    to_measure_arguments,
)
from vttbench.benchmarks.extraction import ParserSpecError, faults

FOLDER = "benchmarks.d"


def definitions_of(
    root: Path, inventory: Iterable[Mapping[str, Any]], os_family: str
) -> list[Definition]:
    """Return the definitions that a host of that system can run.

    Args:
        root: the checkout; its folder ``benchmarks.d`` is read where there is one.
        inventory: definitions that the inventory gives this host, as plain data. One with the
            name of a file's definition takes its place: so a host can have its own parameters.
        os_family: ``linux`` or ``windows``.

    Raises:
        DefinitionError: one of them is wrong; names file and field.
    """
    folder = root / FOLDER
    found = {
        definition.name: definition
        for definition in (load_definitions([folder]) if folder.is_dir() else ())
    }
    for entry in inventory:
        definition = _of_inventory(entry)
        found[definition.name] = definition
    return [definition for definition in found.values() if os_family in definition.platforms]


def as_facts(definition: Definition) -> dict[str, Any]:
    """Return what the role ``benchmark_custom`` works by, as plain data."""
    return {
        "name": definition.name,
        "program": definition.argv[0],
        "packages": list(definition.install.apt),
        "advice": definition.install.advice or "",
        "measure": to_measure_arguments(definition),
    }


def _of_inventory(entry: Mapping[str, Any]) -> Definition:
    name = entry.get("name", "without a name")
    try:
        return Definition.model_validate(dict(entry))
    except ValidationError as error:
        raise DefinitionError(f"benchmark_custom_definitions: {name}: {faults(error)}") from error
    except ParserSpecError as error:
        raise DefinitionError(f"benchmark_custom_definitions: {name}: {error}") from error
