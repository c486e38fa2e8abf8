"""Is PostgreSQL there, and may its reader read, and only that?"""

from __future__ import annotations

import psycopg

from vttbench.verification.state import ServiceState

_TIMEOUT_S = 10


def verify(
    host: str, *, port: int, database: str, user: str, password: str, ca_file: str = ""
) -> ServiceState:
    """Log on as the account for reports, read tables and views, and see that a write is refused.

    Args:
        host: name or address, as clients are told.
        port: usually 5432.
        database: that the account may read.
        user: the account.
        password: of the account.
        ca_file: certificate authority that the server's certificate must be from; empty for a
            server without TLS.

    Returns:
        What was found. Nothing is raised: whatever goes wrong is the state.
    """
    url = f"postgresql://{user}@{host}:{port}/{database}"
    version = "unknown"
    try:
        with psycopg.connect(
            host=host,
            port=port,
            dbname=database,
            user=user,
            password=password,
            connect_timeout=_TIMEOUT_S,
            sslmode="verify-full" if ca_file else "prefer",
            sslrootcert=ca_file or None,
        ) as connection:
            number = connection.info.server_version
            version = f"{number // 10000}.{number % 10000}"
            row = connection.execute("SELECT count(*) FROM experiments").fetchone()
            count = row[0] if row else 0
            connection.execute("SELECT result_id FROM bi.results LIMIT 1")
            try:
                connection.execute("CREATE TABLE vttbench_must_not_be_made (n int)")
            except psycopg.errors.InsufficientPrivilege:
                connection.rollback()
            else:
                connection.rollback()
                return ServiceState(
                    "PostgreSQL", url, version, "failed", f"{user} may write, and must not"
                )
    except psycopg.Error as error:
        return ServiceState("PostgreSQL", url, version, "failed", _in_words(error))
    return ServiceState(
        "PostgreSQL", url, version, "ok", f"{user} reads {count} experiments and can't write"
    )


def _in_words(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
