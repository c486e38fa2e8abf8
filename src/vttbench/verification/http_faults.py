"""What went wrong with a service that speaks HTTP, in words that say what can be done."""

from __future__ import annotations

import httpx

TIMEOUT_S = 20.0
"""How long an answer is waited for."""


def in_words(error: Exception, user: str, unit: str) -> str:
    """Say what people can do about the usual faults; never more of the request than its fault.

    Args:
        error: what was raised.
        user: account that was tried, or empty.
        unit: of systemd, that the service is.
    """
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        if status == httpx.codes.UNAUTHORIZED:
            return f"401: it does not know the account {user or '(none given)'} with that password"
        return f"answers with status {status} to {error.request.url.path}"
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
        return f"its certificate is not trusted: {error}"
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {error}. Is {unit} running, its port open to us?"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {TIMEOUT_S:.0f} s. Is a firewall between it and this machine?"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
