"""Filters of the role ``benchmark_llama``."""

from __future__ import annotations

from collections.abc import Callable

from vttbench.benchmarks.llama_flags import translated


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {"llama_bench_flags": translated}
