"""Sources and programs that the roles install: pinned by hash, had once, kept in a cache.

Fetching happens on the controller, because a host often has no way out. Benchmark tools are built
on the host that they measure, by the role of the benchmark; servers are built here, once for all.
"""
