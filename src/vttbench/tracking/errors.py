"""What can go wrong between here and MLflow, in three kinds that call for different deeds."""

from __future__ import annotations


class TrackingError(Exception):
    """Base of all: the message is one sentence that says what to do."""


class UnavailableError(TrackingError):
    """The destination can't be reached or does not answer: later may be better."""


class AccessError(TrackingError):
    """The destination answers and won't let us: somebody has to change something first."""


class RejectedError(TrackingError):
    """This one request is not accepted and never will be; others may be."""
