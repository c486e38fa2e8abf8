"""Filters that let roles ask :mod:`vttbench` instead of thinking in Jinja.

Ansible loads every filter plugin again in the process of every task that uses any filter. So what
takes long to import, the models of documents before all, is imported by the filter that needs it:
a tenth of a second a task, ten seconds of a deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from vttbench.models.inventory import Inventory


def stream_array_bytes(last_level_cache: Any) -> int:
    """Size of each array for a host whose last-level cache is given in bytes (empty: unknown)."""
    from vttbench.benchmarks import stream

    return stream.array_bytes(int(last_level_cache or 0))


def fio_jobs_of(settings: Mapping[str, Any], program: str, ioengine: str) -> list[dict[str, Any]]:
    """The standard jobs, each with its command and the one that writes its test file before.

    Args:
        settings: ``size``, ``runtime_s`` and ``ramp_s``.
        program: path of fio.
        ioengine: an asynchronous one.
    """
    from vttbench.benchmarks import fio_jobs
    from vttbench.hosts.filesystem import size_bytes

    size = str(settings["size"])
    runtime_s, ramp_s = int(settings["runtime_s"]), int(settings["ramp_s"])
    windows = ioengine == "windowsaio"
    # Its path on Windows holds a colon, which fio takes for the border between two directories and
    # measures a file called like the drive (axboe/fio 1912).
    folder = "$VTTBENCH_SHARED_COLON_ESCAPED" if windows else "$VTTBENCH_SHARED"
    targets = {f"$VTTBENCH_SHARED/{fio_jobs.TEST_FILE}": size_bytes(size)} if windows else {}
    layout = fio_jobs.layout_arguments(directory=folder, size=size, ioengine=ioengine, fio=program)
    return [
        {
            "name": job,
            "argv": fio_jobs.arguments(
                job,
                directory=folder,
                size=size,
                runtime_s=runtime_s,
                ramp_s=ramp_s,
                ioengine=ioengine,
                fio=program,
            ),
            "layout": layout,
            "artifacts": [fio_jobs.OUTPUT],
            "targets": targets,
            "parameters": {
                "job": job,
                "rw": pattern.rw,
                "block_size": pattern.block_size,
                "depth": pattern.depth,
                "ioengine": ioengine,
                "size": size,
                "runtime_s": runtime_s,
                "ramp_s": ramp_s,
            },
        }
        for job, pattern in fio_jobs.JOBS.items()
    ]


def storage_refusal(stat_output: str, folder: str, size: str) -> str:
    """Why a disk can't be measured in that folder; empty if it can."""
    from vttbench.hosts.filesystem import refusal

    return refusal(stat_output, folder, size)


def llama_models(
    files: Sequence[Mapping[str, Any]],
    model_dir: str,
    mode: str,
    inventory: str = "",
    elsewhere: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Models of a mode among the files of a host.

    Args:
        files: what ``ansible.builtin.find`` returned.
        model_dir: the folder that was searched.
        mode: light, default or all.
        inventory: path of models.yml; where there is none, every model of the folder is meant.
        elsewhere: files outside the folder, as ``path`` and ``size``.
    """
    from vttbench.models.errors import ModelError
    from vttbench.models.listing import FileEntry, Listing
    from vttbench.models.selection import select

    named, mode = _inventory(inventory, mode)
    listing = Listing.of_find(model_dir, files)
    others = tuple(FileEntry(str(item["path"]), int(item["size"])) for item in elsewhere)
    try:
        chosen = select(named, mode, Listing(listing.root, listing.files + others))
    except ModelError as error:
        raise AnsibleFilterError(str(error)) from error
    return [entry.as_facts() for entry in chosen]


def llama_paths_outside(inventory: str, mode: str, model_dir: str) -> list[str]:
    """Files that the inventory names and that lie outside of the model folder."""
    from vttbench.models.errors import ModelError
    from vttbench.models.selection import paths_outside

    try:
        return paths_outside(*_inventory(inventory, mode), model_dir)
    except ModelError as error:
        raise AnsibleFilterError(str(error)) from error


def llama_measurements(
    models: Sequence[Mapping[str, Any]],
    profile: str,
    flags: Sequence[str] = (),
    repetitions: int = 3,
) -> list[dict[str, Any]]:
    """One entry a model and context; see :func:`vttbench.models.measurements.measurements`."""
    from vttbench.models.errors import ModelError
    from vttbench.models.measurements import measurements

    try:
        return measurements(models, profile, flags, repetitions)
    except ModelError as error:
        raise AnsibleFilterError(str(error)) from error


def _inventory(path: str, mode: str) -> tuple[Inventory, str]:
    """Return the named models and the mode; without names only ``all`` means anything."""
    from vttbench.models.inventory import Inventory, Mode, load_inventory

    if path and Path(path).is_file():
        return load_inventory(Path(path)), mode
    return Inventory(), Mode.ALL


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "fio_jobs_of": fio_jobs_of,
            "storage_refusal": storage_refusal,
            "stream_array_bytes": stream_array_bytes,
            "llama_models": llama_models,
            "llama_paths_outside": llama_paths_outside,
            "llama_measurements": llama_measurements,
        }
