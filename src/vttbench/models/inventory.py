"""The inventory of named models, ``models.yml``, and the choice of those a run measures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vttbench.models.errors import ModelError

Listed = Literal["light", "default"]


class Mode(StrEnum):
    """Which models a run measures: ``-e model_config_mode=…`` or ``MODEL_CONFIG_MODE=…``."""

    LIGHT = "light"
    DEFAULT = "default"
    ALL = "all"

    @classmethod
    def of(cls, text: str) -> Mode:
        """Read a mode as users type it.

        Raises:
            ModelError: unknown mode; names the known ones.
        """
        try:
            return cls(text.strip().lower())
        except ValueError:
            known = ", ".join(cls)
            raise ModelError(f"model_config_mode is {text!r}: choose one of {known}") from None


class NamedModel(BaseModel):
    """One model that has a name of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[^\s/\\]+$")] = Field(
        description="What results, tables and MLflow call it; no spaces or slashes"
    )
    path: Annotated[str, Field(min_length=1)] = Field(
        description="File, or first part, relative to model_dir or absolute"
    )
    size_gb: float | None = Field(
        default=None,
        gt=0,
        description="Size of all parts in GB; a file of another size is warned of",
    )
    parts: int = Field(default=1, ge=1, description="How many files")
    quant: str | None = Field(default=None, description="Quantisation, e.g. Q4_K_M")
    modes: tuple[Listed, ...] = Field(
        default=(), description="Modes that measure it; mode all measures every model"
    )


class Inventory(BaseModel):
    """Named models and the lists that modes stand for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[NamedModel, ...] = ()
    light: tuple[str, ...] = Field(default=(), description="Names, on top of the models' own modes")
    default: tuple[str, ...] = Field(default=(), description="As light")

    @model_validator(mode="after")
    def _names_fit(self) -> Inventory:
        names = [model.name for model in self.models]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two models have the same name: {', '.join(twice)}")
        for key, listed in (("light", self.light), ("default", self.default)):
            unknown = sorted(set(listed) - set(names))
            if unknown:
                raise ValueError(
                    f"list {key!r} names {', '.join(unknown)}, which is not among the models"
                )
        return self

    def of_mode(self, mode: Mode) -> list[NamedModel]:
        """Return the named models of a mode, in the order of the inventory."""
        if mode is Mode.ALL:
            return list(self.models)
        listed = self.light if mode is Mode.LIGHT else self.default
        return [model for model in self.models if mode.value in model.modes or model.name in listed]


def parse_inventory(text: str, *, source: str | Path = "models.yml") -> Inventory:
    """Read an inventory.

    Args:
        text: YAML.
        source: file name for messages.

    Raises:
        ModelError: not YAML, or not an inventory; names the source and the first faults.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ModelError(f"{source}: not YAML: {' '.join(str(error).split())}") from error
    try:
        return Inventory.model_validate({} if data is None else data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}"
            for fault in error.errors()[:3]
        )
        raise ModelError(f"{source}: not an inventory of models: {faults}") from error


def load_inventory(path: Path) -> Inventory:
    """Read an inventory from a file; see :func:`parse_inventory`.

    Raises:
        ModelError: can't be read, or is not an inventory.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: can't be read: {error}") from error
    return parse_inventory(text, source=path)
