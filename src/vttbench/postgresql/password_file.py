"""Lines of a password file (``.pgpass``).

https://www.postgresql.org/docs/current/libpq-pgpass.html
"""

from __future__ import annotations


def password_line(*, host: str, port: int, user: str, password: str) -> str:
    """Return the line that gives a role its password for every database of a server.

    Raises:
        ValueError: a field holds a line break.
    """
    fields = [host, str(port), "*", user, password]
    if any("\n" in field or "\r" in field for field in fields):
        raise ValueError("a password file can't hold line breaks")
    return ":".join(
        field if position == 2 else field.replace("\\", "\\\\").replace(":", "\\:")
        for position, field in enumerate(fields)
    )
