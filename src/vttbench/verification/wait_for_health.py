"""Wait until a service answers: ``wait_for_health.py URL``, for ``ExecStartPost`` of its unit.

It runs on servers, on the distribution's Python and the standard library alone. It never gives up:
systemd does, after ``TimeoutStartSec``.
"""

from __future__ import annotations

import sys
import time
import urllib.request


def wait(url: str) -> None:
    """Return when the URL is answered with status 200; never go by way of a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=10) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)


if __name__ == "__main__":
    wait(sys.argv[1])
