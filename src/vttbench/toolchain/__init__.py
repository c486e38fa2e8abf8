"""Sources of the tools that we build ourselves: pinned by hash, fetched once, kept in a cache.

Fetching happens on the controller, because a host that is measured often has no way out. Building
happens on the host, by the role of the benchmark.
"""
