"""Try services as told on standard input, and say what was found on standard output.

A process of its own: MLflow's client is heavy, and secrets stay out of every argument list.
Input: ``{"services": [{"kind": "mlflow" | "postgresql" | "dashboard" | "closed" | "backup"
| "reported", ...}]}``; output: a JSON list
of :class:`~vttbench.verification.state.ServiceState`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from vttbench.verification import (
    backup_status,
    closed_port,
    dashboard_server,
    mlflow_server,
    postgresql_server,
)
from vttbench.verification.state import ServiceState


def state_of(service: dict[str, Any]) -> ServiceState:
    """Try one service.

    Raises:
        KeyError: an unknown kind.
        TypeError: an argument that this kind doesn't have.
    """
    arguments = dict(service)
    kind = arguments.pop("kind")
    if kind == "reported":
        return ServiceState(**arguments)
    if kind == "closed":
        return _closed(**arguments)
    if kind == "mlflow":
        return mlflow_server.verify(**arguments)
    if kind == "postgresql":
        return postgresql_server.verify(**arguments)
    if kind == "dashboard":
        return dashboard_server.verify(**arguments)
    if kind == "backup":
        return backup_status.verify(**arguments)
    raise KeyError(kind)


def _closed(service: str, host: str, port: int) -> ServiceState:
    url = f"{host}:{port}"
    try:
        closed = closed_port.is_closed(host, port)
    except OSError as error:
        return ServiceState(service, url, "", "failed", str(error))
    if closed:
        return ServiceState(service, url, "", "ok", "closed to this machine, as it should be")
    return ServiceState(
        service, url, "", "failed", "open to this machine, which is in no admin network"
    )


if __name__ == "__main__":
    services = json.load(sys.stdin)["services"]
    with contextlib.redirect_stdout(sys.stderr):  # MLflow's client greets on standard output
        states = [state_of(service).as_facts() for service in services]
    json.dump(states, sys.stdout)
