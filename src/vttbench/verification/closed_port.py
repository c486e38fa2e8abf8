"""Is a port closed to whom it should be closed to?"""

from __future__ import annotations

import errno
import socket

_TIMEOUT_S = 3.0


def is_closed(host: str, port: int) -> bool:
    """Tell whether a TCP connection from this machine fails or stays without an answer.

    Raises:
        OSError: it can't be told, e.g. the name of the host does not resolve.
    """
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return False
    except (ConnectionRefusedError, TimeoutError):
        return True
    except OSError as error:
        if error.errno in (errno.EHOSTUNREACH, errno.EACCES, errno.EPERM):
            return True
        raise
