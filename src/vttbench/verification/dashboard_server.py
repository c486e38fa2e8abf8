"""Is the dashboard there, and does it let in whom it should, and nobody else?"""

from __future__ import annotations

import ssl

import httpx

from vttbench.verification.http_faults import TIMEOUT_S, in_words
from vttbench.verification.state import ServiceState


def verify(url: str, *, user: str = "", password: str = "", ca_file: str = "") -> ServiceState:
    """Ask for its health, see that a stranger is refused, and look at its first page.

    Args:
        url: as people are told.
        user: account that may look; empty where everybody may.
        password: of that account.
        ca_file: certificate authority of the server; empty for the system's.

    Returns:
        What was found. Nothing is raised: whatever goes wrong is the state.
    """
    version = "unknown"
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
        with httpx.Client(base_url=url, verify=context, timeout=TIMEOUT_S) as client:
            health = client.get("/healthz").raise_for_status().json()
            version = str(health["version"])
            if user and client.get("/").status_code != httpx.codes.UNAUTHORIZED:
                return _state(url, version, "failed", "it asks nobody who they are, and must")
            auth = (user, password) if user else None
            client.get("/", auth=auth).raise_for_status()
            said = client.get("/state", auth=auth).raise_for_status().json()
    except Exception as error:  # every fault of a service is its state
        return _state(url, version, "failed", in_words(error, user, "vttbench-dashboard.service"))
    state = "failed" if said["level"] == "trouble" else "ok"
    return _state(url, version, state, said["text"])


def _state(url: str, version: str, state: str, detail: str) -> ServiceState:
    return ServiceState("Dashboard", url, version, "ok" if state == "ok" else "failed", detail)
