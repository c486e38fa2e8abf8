"""One process, many hosts: every host has an address of its own, all share one accept loop."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from typing import ClassVar

from . import encryption, envelope
from .authentication import Authenticator, Policy
from .link import Link, LinkDownError
from .shells import Shells

_BACKLOG = 128
_IDLE_S = 600.0


class Endpoint:
    """WinRM of one host: where it listens and what it is made of.

    Args:
        address: IP address and port.
        tls: context of HTTPS; None for plain HTTP.
    """

    def __init__(
        self,
        address: tuple[str, int],
        shells: Shells,
        policy: Policy,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.address = address
        self.shells = shells
        self.policy = policy
        self.tls = tls
        self.link = Link()
        self._socket: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def listen(self) -> socket.socket:
        """Open the port."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(self.address)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        self._socket = listening
        return listening

    @property
    def listening(self) -> socket.socket | None:
        """The listening socket; None while nothing listens."""
        return self._socket

    def close(self) -> None:
        """Close the port: who connects now is refused."""
        listening, self._socket = self._socket, None
        if listening is not None:
            listening.close()

    def vanish(self) -> None:
        """Answer nobody any more, not even with a refusal, as a host that is asleep or off.

        The kernel drops requests to connect while the queue of a listening socket is full; so it
        is made as short as it can be and filled.
        """
        listening = self._socket
        if listening is None or self._fillers:
            return
        listening.listen(0)
        for _ in range(3):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(self.address)
            self._fillers.append(filler)

    def reappear(self) -> None:
        """Undo :meth:`vanish`."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        if self._socket is not None:
            with suppress(BlockingIOError):
                while True:
                    self._socket.accept()[0].close()
            self._socket.listen(_BACKLOG)

    @property
    def vanished(self) -> bool:
        """Whether connections are left unanswered."""
        return bool(self._fillers)

    def cut(self) -> None:
        """Reset every open connection."""
        old, self.link = self.link, Link(bytes_per_s=self.link.bytes_per_s, mtu=self.link.mtu)
        old.gone.set()
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def serve(self, connection: socket.socket) -> None:
        """Talk to one client until it goes."""
        with self._lock:
            self._open.add(connection)
        try:
            connection.settimeout(_IDLE_S)
            if self.tls is not None:
                self.link.carry(0)
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Conversation(connection, self)
        except (OSError, ssl.SSLError, LinkDownError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


class Listener:
    """Accepts connections of any number of hosts in one thread; each is served in its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, daemon=True, name="listener")

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more."""
        self._stopped.set()
        self._wake.send(b"x")
        self._thread.join()

    def add(self, endpoint: Endpoint) -> None:
        """Open the port of a host."""
        listening = endpoint.listen()
        with self._lock:
            self._selector.register(listening, selectors.EVENT_READ, endpoint)
        self._wake.send(b"x")

    def remove(self, endpoint: Endpoint) -> None:
        """Close the port of a host."""
        listening = endpoint.listening
        if listening is None:
            return
        with self._lock:
            self._selector.unregister(listening)
        endpoint.close()

    def pause(self, endpoint: Endpoint) -> None:
        """Leave whoever connects to a host without an answer."""
        if endpoint.listening is not None and not endpoint.vanished:
            with self._lock:
                self._selector.unregister(endpoint.listening)
            endpoint.vanish()

    def resume(self, endpoint: Endpoint) -> None:
        """Undo :meth:`pause`."""
        if endpoint.listening is not None and endpoint.vanished:
            endpoint.reappear()
            with self._lock:
                self._selector.register(endpoint.listening, selectors.EVENT_READ, endpoint)
            self._wake.send(b"x")

    def _loop(self) -> None:
        while not self._stopped.is_set():
            for key, _ in self._selector.select(timeout=5.0):
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                    continue
                endpoint = key.data
                try:
                    connection, _ = endpoint.listening.accept()
                except (OSError, AttributeError):
                    continue
                connection.setblocking(True)
                threading.Thread(
                    target=endpoint.serve, args=(connection,), daemon=True, name="connection"
                ).start()


class _Conversation(BaseHTTPRequestHandler):
    """HTTP of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    wbufsize: ClassVar[int] = -1
    disable_nagle_algorithm = True

    def __init__(self, connection: socket.socket, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._link = endpoint.link
        self._authenticator = Authenticator(endpoint.policy)
        # The base class knows its server for the log alone, which is silent here.
        super().__init__(connection, endpoint.address, BaseServer(endpoint.address, type(self)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what happened is in the host's journal."""

    def do_POST(self) -> None:
        """Take one request of WS-Management."""
        length = int(self.headers.get("Content-Length") or 0)
        self._link.carry(length)
        body = self.rfile.read(length)
        challenge = self._authenticator.step(self.headers.get("Authorization") or "")
        if challenge is not None:
            self._reply(401, b"", "", challenge)
            return
        if not body:
            self._reply(200, b"", envelope.CONTENT_TYPE)
            return
        context = self._authenticator.context
        sealed = encryption.PROTOCOL in (self.headers.get("Content-Type") or "")
        try:
            if sealed and context is not None:
                body = encryption.unseal(context, body)
            request = envelope.read(body)
        except ValueError:
            self._reply(400, b"", envelope.CONTENT_TYPE)
            return
        if self._endpoint.tls is None and not sealed and not self._endpoint.policy.basic:
            # AllowUnencrypted is off on Windows.
            self._reply(500, b"", envelope.CONTENT_TYPE)
            return
        status, reply = self._endpoint.shells.handle(request)
        if sealed and context is not None:
            self._reply(status, encryption.seal(context, reply), encryption.ENCRYPTED_TYPE)
        else:
            self._reply(status, reply, envelope.CONTENT_TYPE)

    def _reply(
        self,
        status: int,
        body: bytes,
        content_type: str,
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        self._link.carry(len(body))
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
