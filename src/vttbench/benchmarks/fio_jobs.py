"""The five standard jobs of fio, as argument vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OUTPUT = "fio.json"
"""File that fio writes its JSON into: on stdout, notes of fio stand before it."""

TEST_FILE = "vttbench-fio.bin"


@dataclass(frozen=True)
class Job:
    """One access pattern.

    Attributes:
        rw: as fio calls it.
        block_size: as fio writes it.
        depth: requests in flight.
        read_percent: share of reads; only of mixed patterns.
    """

    rw: str
    block_size: str
    depth: int
    read_percent: int | None = None


# Sequential at depth 8 and random at depth 32, one job: what CrystalDiskMark and vendors call
# SEQ1M Q8T1 and RND4K Q32T1, so that values can be held against published ones.
JOBS: Mapping[str, Job] = MappingProxyType(
    {
        "sequential-read": Job("read", "1M", 8),
        "sequential-write": Job("write", "1M", 8),
        "random-read": Job("randread", "4k", 32),
        "random-write": Job("randwrite", "4k", 32),
        "mixed-70-30": Job("randrw", "4k", 32, read_percent=70),
    }
)


def arguments(
    job: str,
    *,
    directory: str,
    size: str = "1G",
    runtime_s: int = 30,
    ramp_s: int = 5,
    ioengine: str = "libaio",
    fio: str = "fio",
    output: str = OUTPUT,
) -> list[str]:
    """Return the command of one standard job.

    Buffers hold random data (fio's default, said aloud), scrambled from block to block but not
    drawn anew for each: ``--refill_buffers`` alone fills a core at 2.6 GB/s and would be what is
    measured on a fast disk. Offsets differ from repeat to repeat (``--randrepeat=0``): the same
    ones again would find their blocks in caches, and repeats would not be independent samples.

    Args:
        job: one of :data:`JOBS`.
        directory: folder on the host that holds the test file; a file system with real blocks.
        size: of the test file, as fio writes it; larger than every cache in between.
        runtime_s: seconds that count.
        ramp_s: seconds before, which don't.
        ioengine: must be asynchronous, e.g. ``libaio``, ``io_uring``, ``windowsaio``.
        fio: path of the program.
        output: file that gets the JSON, relative to the working directory.

    Raises:
        ValueError: no such job.
    """
    try:
        pattern = JOBS[job]
    except KeyError:
        raise ValueError(f"no fio job {job!r}; there are {', '.join(JOBS)}") from None
    words = [
        *_common(job, fio, directory, size, ioengine),
        f"--rw={pattern.rw}",
        f"--bs={pattern.block_size}",
        f"--iodepth={pattern.depth}",
    ]
    if pattern.read_percent is not None:
        words.append(f"--rwmixread={pattern.read_percent}")
    return [
        *words,
        "--numjobs=1",
        "--group_reporting",
        "--time_based",
        f"--runtime={runtime_s}",
        f"--ramp_time={ramp_s}",
        "--randrepeat=0",
        "--scramble_buffers=1",
        "--eta=never",
        f"--output={output}",
        "--output-format=json",
    ]


def layout_arguments(
    *, directory: str, size: str = "1G", ioengine: str = "libaio", fio: str = "fio"
) -> list[str]:
    """Return the command that fills the test file with fresh random data, before all jobs.

    Reading what was never written measures the file system's zeros, and writing into holes measures
    its allocation: so every job works on a file that is there in full.
    """
    return [
        *_common("layout", fio, directory, size, ioengine),
        "--rw=write",
        "--bs=1M",
        "--iodepth=8",
        "--refill_buffers",
        "--end_fsync=1",
        "--eta=never",
    ]


def _common(job: str, fio: str, directory: str, size: str, ioengine: str) -> list[str]:
    # fio takes a colon for the border between two directories.
    place = directory.replace(":", "\\:")
    words = [
        fio,
        f"--name={job}",
        f"--directory={place}",
        f"--filename={TEST_FILE}",
        f"--size={size}",
        f"--ioengine={ioengine}",
        "--direct=1",
    ]
    if ioengine == "windowsaio":
        words.append("--thread")  # Windows can't fork
    return words
