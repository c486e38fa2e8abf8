"""What users did wrong, or what is not there: one line, no traceback."""

from __future__ import annotations


class UserError(Exception):
    """An error that its message explains completely.

    Attributes:
        status: exit status of the program: 2 for wrong usage, 1 for what could not be done.
    """

    def __init__(self, message: str, *, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
