"""Benchmarks that users describe themselves, in YAML files of a folder ``benchmarks.d``."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from vttbench.benchmarks.extraction import MetricSpec, ParserSpecError, faults
from vttbench.benchmarks.registry import parser_for
from vttbench.result import Scalar

BUILT_IN = ("sevenzip", "stream", "fio", "llama", "cinebench", "markbench", "custom")
"""Names of benchmarks that no definition may take."""


class DefinitionError(ValueError):
    """A definition can't be used; the message names file and field."""


def _word(value: object) -> object:
    # YAML reads 10 and 1.5 as numbers; a command only has words.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_word)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Install(_Part):
    """How the tool gets onto a host.

    Attributes:
        apt: packages of Debian and Ubuntu.
        command: what a person would type, for the message where the tool is missing and can't be
            installed. Without it, the command for ``apt``.
    """

    apt: tuple[str, ...] = ()
    command: str | None = None

    @property
    def advice(self) -> str | None:
        """The command that would install the tool, or None where nobody knows one."""
        if self.command is None and self.apt:
            return f"sudo apt-get install {shlex.join(self.apt)}"
        return self.command


class Limits(_Part):
    """When to stop repeating; what is left out comes from the profile. Times in seconds."""

    warmup: int | None = Field(default=None, ge=0)
    min_repeats: int | None = Field(default=None, ge=1)
    max_repeats: int | None = Field(default=None, ge=1)
    target_half_width: float | None = Field(default=None, gt=0, description="Percent")
    timeout: float | None = Field(default=None, gt=0)
    default_timeout: float | None = Field(default=None, gt=0)
    budget: float | None = Field(default=None, gt=0)
    cooldown: float | None = Field(default=None, ge=0)


class Definition(_Part):
    """One benchmark of the user's own."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name in results and dashboards")
    version: Word = Field(default="1", description="Raise it when results stop being comparable")
    variant: str | None = None
    platforms: tuple[Literal["linux", "windows"], ...] = ("linux",)
    tool: str | None = Field(default=None, description="Default is the first word of argv")
    argv: tuple[Word, ...] = Field(min_length=1, description="Command; no shell reads it")
    version_argv: tuple[Word, ...] = Field(default=(), description="First line says the version")
    environment: dict[str, Word] = Field(default_factory=dict)
    prepare: tuple[tuple[Word, ...], ...] = ()
    install: Install = Install()
    parser: str | dict[str, Any] | None = Field(
        default=None, description="Name of a parser, or options of how metrics are found"
    )
    metrics: tuple[MetricSpec, ...] = ()
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    telemetry: bool = True
    limits: Limits = Limits()

    @property
    def parser_spec(self) -> str | dict[str, Any]:
        """What the action ``measure`` gets as its parser."""
        if isinstance(self.parser, str):
            return self.parser
        spec = dict(self.parser or {})
        if self.metrics:
            spec["metrics"] = [
                metric.model_dump(exclude_defaults=True, mode="json") for metric in self.metrics
            ]
        return spec

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        if self.name in BUILT_IN:
            raise ValueError(
                f"name: {self.name} is taken; vttbench brings a benchmark of that name"
            )
        named = isinstance(self.parser, str) or "name" in (self.parser or {})
        if named and self.metrics:
            raise ValueError("metrics: a parser by name brings its own metrics")
        if self.metrics and isinstance(self.parser, Mapping) and "metrics" in self.parser:
            raise ValueError("metrics: stand both beside parser and in it")
        spec = self.parser_spec
        if not isinstance(spec, str) and not named and not spec.get("metrics"):
            raise ValueError("metrics: what is measured? Give at least one, or a parser by name")
        parser_for(spec)
        source = "stdout" if isinstance(spec, str) else spec.get("source", "stdout")
        if source not in ("stdout", "stderr", *self.artifacts):
            raise ValueError(f"parser.source: {source} must stand under artifacts to be fetched")
        return self


def load_definitions(paths: Iterable[Path]) -> list[Definition]:
    """Read definitions from files, and from all ``*.yml`` and ``*.yaml`` of folders.

    Args:
        paths: files and folders; a file holds one definition or a list of them.

    Returns:
        The definitions, in the order of paths and, within a folder, of names.

    Raises:
        DefinitionError: a file can't be read or a definition is wrong; names file and field.
    """
    definitions: list[Definition] = []
    origins: dict[str, Path] = {}
    for file in _files(paths):
        for definition in _read(file):
            if definition.name in origins:
                raise DefinitionError(
                    f"{file}: name: {definition.name} is already defined in "
                    f"{origins[definition.name]}"
                )
            origins[definition.name] = file
            definitions.append(definition)
    return definitions


def to_measure_arguments(definition: Definition) -> dict[str, Any]:
    """Return the arguments of the action ``measure`` for a definition, without what is not set.

    The command line becomes a parameter: results of another one are not compared, even if nobody
    thought of raising the definition's version.
    """
    plain = definition.model_dump(mode="json")
    arguments: dict[str, Any] = {
        "benchmark": definition.name,
        "parser": definition.parser_spec,
        "telemetry": definition.telemetry,
    }
    for option in (
        "variant",
        "version",
        "tool",
        "argv",
        "version_argv",
        "environment",
        "prepare",
        "parameters",
        "artifacts",
    ):
        if plain[option]:
            arguments[option] = plain[option]
    words = [Path(definition.argv[0]).name, *definition.argv[1:]]
    settings = [f"{name}={value}" for name, value in sorted(plain["environment"].items())]
    arguments["parameters"] = {"command": shlex.join([*settings, *words])} | plain["parameters"]
    return arguments | definition.limits.model_dump(exclude_none=True)


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(
                file
                for file in path.iterdir()
                if file.suffix in (".yml", ".yaml") and file.is_file()
            )
        else:
            files.append(path)
    return files


def _read(file: Path) -> Sequence[Definition]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file}: can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise DefinitionError(f"{file}: not YAML: {error}") from error
    entries = content if isinstance(content, list) else [content]
    return [_definition(entry, file) for entry in entries]


def _definition(entry: object, file: Path) -> Definition:
    if not isinstance(entry, dict):
        raise DefinitionError(
            f"{file}: a definition is a mapping that begins with name:, this is "
            f"{'empty' if entry is None else type(entry).__name__}"
        )
    try:
        return Definition.model_validate(entry)
    except ValidationError as error:
        name = entry.get("name")
        raise DefinitionError(f"{file}: {f'{name}: ' if name else ''}{faults(error)}") from error
    except ParserSpecError as error:
        raise DefinitionError(f"{file}: {entry.get('name')}: {error}") from error
