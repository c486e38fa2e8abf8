"""The address of MLflow's database, as SQLAlchemy reads it."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def database_uri(*, user: str, password: str, host: str, port: int, name: str, ca: str = "") -> str:
    """Return the URI of a PostgreSQL database, whatever characters the password has.

    Args:
        user: role.
        password: of the role.
        host: name or address; an IPv6 address without brackets.
        port: of PostgreSQL.
        name: database.
        ca: file with the CA of the server's certificate; with it the connection is encrypted and
            the certificate has to be valid for ``host``. Empty leaves encryption to the server.
    """
    where = f"[{host}]" if ":" in host else host
    # Named, since a bare postgresql:// means another driver in another SQLAlchemy.
    uri = f"postgresql+psycopg://{_quoted(user)}:{_quoted(password)}@{where}:{port}/{_quoted(name)}"
    if not ca:
        return uri
    return f"{uri}?{urlencode({'sslmode': 'verify-full', 'sslrootcert': ca})}"


def _quoted(part: str) -> str:
    return quote(part, safe="")
