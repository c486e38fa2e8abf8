"""Memory settings of a PostgreSQL server, computed from its host's memory.

Sources:
    * https://www.postgresql.org/docs/current/runtime-config-resource.html: ``shared_buffers`` of
      25 % of the memory is "a reasonable starting value"; ``work_mem`` is a limit for each sort
      or hash, and one query may have several.
    * https://wiki.postgresql.org/wiki/Tuning_Your_PostgreSQL_Server: ``effective_cache_size`` of
      1/2 (conservative) to 3/4 (aggressive) of the memory.
    * https://github.com/le0pard/pgtune (``src/features/configuration``): maintenance work gets 1/16
      of the memory and no more than 2 GB, sorts share what ``shared_buffers`` leaves, by three for
      each connection; 3 % of ``shared_buffers`` and no more than 16 MB for WAL buffers is what the
      server itself chooses (``wal_buffers = -1``), so that is not set here.
"""

from __future__ import annotations

_SHARED_BUFFERS = 1 / 4
_CACHE = 3 / 4
_MAINTENANCE = 1 / 16
_MAINTENANCE_LIMIT_MB = 2048
_SORTS_PER_CONNECTION = 3
_WORK_MEM_LEAST_MB = 4  # the server's default
_WORK_MEM_MOST_MB = 256
_SHARED_BUFFERS_LEAST_MB = 128  # the server's default
_STEPS_PER_DOUBLING = 8


def memory_settings(
    host_memory_mb: int, *, share: float = 0.5, max_connections: int = 100
) -> dict[str, str]:
    """Return settings of ``postgresql.conf`` by name.

    Values are rounded down in steps of an eighth of a power of two: a kernel that reports a few
    pages more or less after an update must not restart the database.

    Args:
        host_memory_mb: memory of the host, in MB as Linux counts them (2**20 bytes).
        share: part of it that is PostgreSQL's, above 0 and up to 1. The rest is for the other
            services of the host.
        max_connections: connections that the server accepts.

    Raises:
        ValueError: a value makes no sense.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share of the memory: {share}, expected above 0 and up to 1")
    if host_memory_mb < 1 or max_connections < 1:
        raise ValueError(
            f"{host_memory_mb} MB of memory and {max_connections} connections: expected 1 or more"
        )
    memory = host_memory_mb * share
    shared_buffers = max(_SHARED_BUFFERS_LEAST_MB, memory * _SHARED_BUFFERS)
    for_sorts = max(0.0, memory - shared_buffers) / (_SORTS_PER_CONNECTION * max_connections)
    return {
        "shared_buffers": _megabytes(shared_buffers),
        "effective_cache_size": _megabytes(max(memory * _CACHE, shared_buffers)),
        "maintenance_work_mem": _megabytes(
            min(_MAINTENANCE_LIMIT_MB, max(64, memory * _MAINTENANCE))
        ),
        "work_mem": _megabytes(min(_WORK_MEM_MOST_MB, max(_WORK_MEM_LEAST_MB, for_sorts))),
    }


def _megabytes(size_mb: float) -> str:
    whole = int(size_mb)
    step = max(1, (1 << (whole.bit_length() - 1)) // _STEPS_PER_DOUBLING)
    return f"{whole // step * step}MB"
