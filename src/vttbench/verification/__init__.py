"""Proof, from a client's side, that the services of a results server work."""

from vttbench.verification.state import ServiceState

__all__ = ["ServiceState"]
