"""What goes wrong with suites."""

from __future__ import annotations


class SuiteError(ValueError):
    """A run that can't be planned, or a suite that can't be gone on with; says what to do."""
