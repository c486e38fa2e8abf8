"""``team.yml``: who needs what of a machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class TeamError(ValueError):
    """The file can't be used; the message names it and says what is wrong."""


class Role(BaseModel):
    """Somebody who gets a machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)] = Field(description="Person or role")
    needs: dict[str, Weight] = Field(
        description="Area (ai, gaming, cpu, memory, storage), benchmark or metric, and its weight"
    )
    priority: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=1.0, description="How much this person's gain counts against the others'"
    )
    machine: str | None = Field(default=None, description="Machine that is already theirs")

    @model_validator(mode="after")
    def _needs_something(self) -> Role:
        if not any(self.needs.values()):
            raise ValueError(f"{self.name} needs nothing: give at least one weight above 0")
        return self


class Team(BaseModel):
    """People, the machines that are given out, and what these cost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: Annotated[tuple[Role, ...], Field(min_length=1)]
    machines: str = Field(
        default="all", description="Fleet, host names with commas, or all: what is given out"
    )
    prices: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="Host to price, all in one currency"
    )

    @model_validator(mode="after")
    def _names_are_different(self) -> Team:
        names = [role.name for role in self.people]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two people have the same name: {', '.join(twice)}")
        fixed = [role.machine for role in self.people if role.machine]
        taken = sorted({name for name in fixed if fixed.count(name) > 1})
        if taken:
            raise ValueError(f"two people own the same machine: {', '.join(taken)}")
        return self


def read_team(path: Path) -> Team:
    """Read a team's file.

    Raises:
        TeamError: it can't be read, is no YAML, or says something that is not understood.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TeamError(f"can't read {path}: {error}") from error
    except yaml.YAMLError as error:
        raise TeamError(f"{path} is no YAML: {error}") from error
    try:
        return Team.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}"
            for fault in error.errors()[:3]
        )
        raise TeamError(f"{path}: {faults}; see examples/team.yml") from error
