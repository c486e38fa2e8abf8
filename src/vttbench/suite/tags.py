"""Which stages and benchmarks the tags of a command line ask for.

Ansible joins tags by "or": ``--tags run,llama`` would run the stage ``run`` of every benchmark and
every stage of ``llama``. People mean "and" between the two kinds, so the selection is made here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

STAGES = ("install", "preflight", "run", "collect")
# A measurement is worth something with its checks, and to those who see it.
_BROUGHT_ALONG = {"run": ("preflight", "collect")}
_ANSIBLES_OWN = frozenset({"all", "always", "never", "tagged", "untagged"})


class UnknownTagError(ValueError):
    """No stage and no benchmark has that name; the message lists those there are."""


@dataclass(frozen=True)
class Selection:
    """What a run is asked to do.

    Attributes:
        stages: in the order in which they happen.
        benchmarks: in the order in which they were offered.
    """

    stages: tuple[str, ...]
    benchmarks: tuple[str, ...]


def select(
    run_tags: Collection[str],
    skip_tags: Collection[str],
    benchmarks: Sequence[str],
    elsewhere: Collection[str] = (),
) -> Selection:
    """Read ``--tags`` and ``--skip-tags``.

    Args:
        run_tags: as Ansible says them; ``all`` when none were given.
        skip_tags: as Ansible says them.
        benchmarks: names of all benchmarks that this host could run.
        elsewhere: names of those that only other hosts of a fleet can run.

    Returns:
        Stages and benchmarks. Where only stages are named, every benchmark is meant, and the
        other way round. The stage ``run`` brings ``preflight`` and ``collect`` along, unless
        they are skipped.

    Raises:
        UnknownTagError: a tag is neither, so that a typing error does not measure nothing.
    """
    known = {*STAGES, *benchmarks, *elsewhere, *_ANSIBLES_OWN}
    unknown = sorted({*run_tags, *skip_tags} - known)
    if unknown:
        raise UnknownTagError(
            f"no stage and no benchmark is called {', '.join(unknown)}; "
            f"stages: {', '.join(STAGES)}; benchmarks: {', '.join(benchmarks)}"
        )
    wanted = {*run_tags, *(stage for tag in run_tags for stage in _BROUGHT_ALONG.get(tag, ()))}
    return Selection(
        stages=_chosen(STAGES, STAGES, wanted, skip_tags),
        benchmarks=_chosen(benchmarks, {*benchmarks, *elsewhere}, run_tags, skip_tags),
    )


def _chosen(
    offered: Sequence[str],
    kind: Collection[str],
    run_tags: Collection[str],
    skip_tags: Collection[str],
) -> tuple[str, ...]:
    everything = not any(tag in kind for tag in run_tags)
    return tuple(
        name for name in offered if (everything or name in run_tags) and name not in skip_tags
    )
