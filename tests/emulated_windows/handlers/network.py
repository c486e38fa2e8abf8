"""Looking from the host into the network: win_uri and win_wait_for really connect."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import Any

import httpx

from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module


@module("ansible.windows.win_uri")
def win_uri(machine: Machine, call: Call) -> dict[str, Any]:
    """Ask a web server."""
    url = str(call.args["url"])
    body = call.args["body"]
    content = json.dumps(body) if isinstance(body, (dict, list)) else body
    headers = {str(k): str(v) for k, v in (call.args["headers"] or {}).items()}
    if call.args["content_type"]:
        headers["Content-Type"] = call.args["content_type"]
    began = time.monotonic()
    try:
        answer = httpx.request(
            call.args["url_method"], url, content=content, headers=headers,
            timeout=float(call.args["url_timeout"]), follow_redirects=True,
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise ModuleFailed(
            f"WebException occurred when sending web request: Unable to connect to the remote "
            f"server ({error})",
            url=url,
        ) from error
    result: dict[str, Any] = {
        "url": url,
        "elapsed": time.monotonic() - began,
        "status_code": answer.status_code,
        "status_description": answer.reason_phrase,
        "content_length": len(answer.content),
        "headers": dict(answer.headers),
    }
    if call.args["return_content"]:
        result["content"] = answer.text
        with suppress(ValueError):
            result["json"] = answer.json()
    if answer.status_code not in [int(code) for code in call.args["status_code"]]:
        raise ModuleFailed(
            f"Status code of request '{answer.status_code}' is not in list of valid status codes "
            f"{call.args['status_code']}",
            **result,
        )
    return result


@module("ansible.windows.win_wait_for")
def win_wait_for(machine: Machine, call: Call) -> dict[str, Any]:
    """Wait for a port to open or close, or for a file to come or go."""
    began, attempts = time.monotonic(), 0
    limit = float(call.args["timeout"])
    wanted = call.args["state"] in {"started", "present"}
    call.cancelled.wait(float(call.args["delay"] or 0))
    while time.monotonic() - began < limit and not call.cancelled.is_set():
        attempts += 1
        if _is_there(machine, call) is wanted:
            return {"elapsed": time.monotonic() - began, "wait_attempts": attempts}
        call.cancelled.wait(float(call.args["sleep"]))
    what = f"{call.args['host']}:{call.args['port']}" if call.args["port"] else call.args["path"]
    raise ModuleFailed(
        f"timeout while waiting for {what} to become {call.args['state']}",
        elapsed=time.monotonic() - began,
        wait_attempts=attempts,
    )


def _is_there(machine: Machine, call: Call) -> bool:
    if call.args["path"]:
        return machine.drive.real(call.args["path"]).exists()
    if not call.args["port"]:
        return call.args["state"] in {"started", "present"}
    address = (call.args["host"], int(call.args["port"]))
    with suppress(OSError), socket.create_connection(address, float(call.args["connect_timeout"])):
        return True
    return False
