"""How the command line talks to the process that serves the hosts: JSON lines over a socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], Any]


class NotRunningError(ConnectionError):
    """No process serves emulated hosts here."""


class ControlError(RuntimeError):
    """The process could not do what it was asked for."""


def serve(path: Path, answer: Answer) -> threading.Thread:
    """Answer requests on a socket, from now on, in a thread."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen()

    def loop() -> None:
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError), connection.makefile("rw") as stream:
                request = json.loads(stream.readline())
                try:
                    reply = {"answer": answer(request)}
                except (KeyError, ValueError, OSError) as error:
                    reply = {"error": str(error.args[0] if error.args else error)}
                stream.write(json.dumps(reply, default=str) + "\n")

    thread = threading.Thread(target=loop, daemon=True, name="control")
    thread.start()
    return thread


def ask(path: Path, **request: Any) -> Any:
    """Ask the process.

    Raises:
        NotRunningError: there is none.
        ControlError: it says no.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunningError(
                "no emulated hosts run here: python -m tests.emulated_windows up"
            ) from error
        with connection.makefile("rw") as stream:
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            reply = json.loads(stream.readline())
    if "error" in reply:
        raise ControlError(reply["error"])
    return reply["answer"]
