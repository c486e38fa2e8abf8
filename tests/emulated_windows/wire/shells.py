"""Remote shells and their commands, as WinRM keeps them on one host."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from . import envelope
from .envelope import Fault, Request

# Windows sends at most an envelope (MaxEnvelopeSizekb, 500 by default) of output at a time.
_PIECE = 150_000
# Answer a little before the client stops waiting.
_MARGIN_S = 0.5

TIMED_OUT = Fault(
    "TimedOut",
    2150858793,
    "The WS-Management service cannot complete the operation within the time specified in "
    "OperationTimeout.",
)
NO_SHELL = Fault(
    "InvalidSelectors",
    2150858843,
    "The request for the Windows Remote Shell with ShellId failed because the shell was not found "
    "on the server.",
)
NOT_SUPPORTED = Fault(
    "ActionNotSupported", 2150858751, "The action is not supported by the service."
)
NO_RESOURCE = Fault(
    "DestinationUnreachable",
    2150858752,
    "The emulated host serves the resource URI .../windows/shell/cmd only (no PSRP).",
)
QUOTA = Fault(
    "QuotaLimit",
    0x803381A6,
    "The WS-Management service cannot process the request. The maximum number of concurrent "
    "operations for this user has been exceeded.",
    by_wmi=True,
)


@dataclass
class Output:
    """What a command left behind."""

    stdout: bytes = b""
    stderr: bytes = b""
    returncode: int = 0


@dataclass
class Command:
    """A command of a shell: its line, what was sent to it, and what became of it."""

    line: str
    stdin: bytearray = field(default_factory=bytearray)
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    output: Output = field(default_factory=Output)
    sent: int = 0


Execute = Callable[[Command], Output]
"""Runs one command with all of its input. Stops early where ``cancelled`` is set."""


class Shells:
    """The shells of one host."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._shells: dict[str, dict[str, Command]] = {}
        self._lock = threading.Lock()
        # Set by a fault on demand: so many commands are refused for want of quota.
        self.refuse_commands = 0

    def handle(self, request: Request) -> tuple[int, bytes]:
        """Answer a request with HTTP status and envelope."""
        outcome = self._outcome(request)
        if isinstance(outcome, Fault):
            return 500, envelope.fault(request, outcome)
        return 200, outcome

    def forget(self) -> None:
        """Lose every shell and end its commands, as a reboot or a power loss does."""
        with self._lock:
            shells, self._shells = self._shells, {}
        for commands in shells.values():
            for command in commands.values():
                command.cancelled.set()

    def _outcome(self, request: Request) -> bytes | Fault:
        if request.verb == "Create":
            if not request.resource.endswith("/windows/shell/cmd"):
                return NO_RESOURCE
            shell_id = str(uuid4()).upper()
            self._shells[shell_id] = {}
            return envelope.created(request, shell_id)
        commands = self._shells.get(request.shell_id or "")
        if commands is None:
            return NO_SHELL
        if request.verb == "Delete":
            self._shells.pop(request.shell_id or "", None)
            for left in commands.values():
                left.cancelled.set()
            return envelope.answer(request, "")
        if request.verb == "Command":
            return self._start(request, commands)
        command = commands.get(request.command_id or "")
        if request.verb == "Signal":
            commands.pop(request.command_id or "", None)
            if command is not None:
                command.cancelled.set()
            return envelope.answer(request, "<rsp:SignalResponse/>")
        if command is None:
            return NO_SHELL
        if request.verb == "Send":
            command.stdin += request.stdin
            if request.stdin_ends:
                self._run(command)
            return envelope.answer(request, "<rsp:SendResponse/>")
        if request.verb == "Receive":
            return self._receive(request, command)
        return NOT_SUPPORTED

    def _start(self, request: Request, commands: dict[str, Command]) -> bytes | Fault:
        with self._lock:
            if self.refuse_commands > 0:
                self.refuse_commands -= 1
                return QUOTA
        command_id = str(uuid4()).upper()
        command = commands[command_id] = Command(request.command_line)
        if not request.stdin_follows:
            self._run(command)
        return envelope.started(request, command_id)

    def _receive(self, request: Request, command: Command) -> bytes | Fault:
        if not command.ended.wait(max(0.1, request.timeout_s - _MARGIN_S)):
            return TIMED_OUT
        output = command.output
        piece = output.stdout[command.sent : command.sent + _PIECE]
        command.sent += len(piece)
        if command.sent < len(output.stdout):
            return envelope.received(request, piece, b"", None)
        return envelope.received(request, piece, output.stderr, output.returncode)

    def _run(self, command: Command) -> None:
        def work() -> None:
            try:
                command.output = self._execute(command)
            except Exception as error:  # the client must hear of it, whatever it was
                command.output = Output(stderr=f"EMULATOR: {error!r}".encode(), returncode=1)
                raise
            finally:
                command.ended.set()

        threading.Thread(target=work, daemon=True, name="command").start()
