"""Basic authentication in which who may only read can't make anything either.

MLflow asks its permissions about what exists, but lets everybody make new experiments and models,
and makes them their owner. An account of the role "viewer" is refused that here.
"""

import os

from flask import Response, request
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization

_VIEWERS = frozenset(filter(None, os.environ.get("VTTBENCH_MLFLOW_VIEWERS", "").split(",")))
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate() -> Authorization | Response:
    """Return who asks, or the answer that refuses it; MLflow's ``authorization_function``."""
    who = authenticate_request_basic_auth()
    if isinstance(who, Authorization) and who.username in _VIEWERS and _makes_something():
        return Response("Permission denied: this account may only read.", status=403)
    return who


def _makes_something() -> bool:
    if request.method in _READING:
        return False
    # What is new has no permissions yet. Everything else is decided by MLflow.
    return request.path.rstrip("/").rpartition("/")[2].startswith("create")
