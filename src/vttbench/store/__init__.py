"""The ``results/`` directory, and the git branch that can keep a copy of it."""

from vttbench.store.results import ResultStore, Stored, StoreError

__all__ = ["ResultStore", "StoreError", "Stored"]
