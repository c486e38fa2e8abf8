"""Who is asking: Basic, NTLM or Negotiate, bound to the connection as in WinRM."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError


@dataclass(frozen=True)
class Account:
    """A local account of the emulated hosts."""

    user: str
    password: str


@dataclass
class Policy:
    """What one host lets in.

    Attributes:
        basic: whether Basic is allowed; off on a host that was prepared with our script.
        reject: turns everybody away, as after a changed password.
    """

    account: Account
    basic: bool = False
    reject: bool = False


_store: Path | None = None


def provide_to_ntlm(account: Account) -> None:
    """Tell pyspnego's NTLM acceptor the account; it reads a file named by the environment."""
    global _store  # the library knows one file a process
    if _store is None:
        handle, name = tempfile.mkstemp(prefix="emulated-windows-ntlm-")
        os.close(handle)
        _store = Path(name)
        os.environ["NTLM_USER_FILE"] = name
    _store.write_text(f":{account.user}:{account.password}\n")


class Authenticator:
    """The state of authentication of one TCP connection."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._context: spnego.ContextProxy | None = None
        self._passed = False

    @property
    def context(self) -> spnego.ContextProxy | None:
        """The security context, for message encryption; None before NTLM is complete."""
        return self._context if self._passed else None

    def step(self, header: str) -> list[tuple[str, str]] | None:
        """Look at an ``Authorization`` header.

        Returns:
            None where the request may go on, else headers for an answer with status 401.
        """
        kind, _, token = header.partition(" ")
        if self._passed and not (kind and self._policy.reject):
            return None
        if self._policy.reject and kind.lower() == "basic":
            return self._challenge()
        if kind.lower() == "basic" and self._policy.basic:
            account = self._policy.account
            wanted = f"{account.user}:{account.password}"
            if _decode(token) == wanted.encode():
                self._passed = True
                return None
        elif kind.lower() in {"ntlm", "negotiate"}:
            return self._negotiate(kind, _decode(token))
        return self._challenge()

    def _negotiate(self, kind: str, token: bytes) -> list[tuple[str, str]] | None:
        if self._context is None:
            self._context = spnego.server(
                protocol=kind.lower(),
                options=spnego.NegotiateOptions.use_ntlm
                if kind.lower() == "ntlm"
                else spnego.NegotiateOptions.use_negotiate,
            )
        try:
            reply = self._context.step(token)
        except (SpnegoError, ValueError):
            self._context = None
            return self._challenge()
        if not self._context.complete:
            return [("WWW-Authenticate", f"{kind} {base64.b64encode(reply or b'').decode()}")]
        if self._policy.reject:
            self._context = None
            return self._challenge()
        self._passed = True
        return None

    def _challenge(self) -> list[tuple[str, str]]:
        offered = ["Negotiate", "NTLM"]
        if self._policy.basic:
            offered.append('Basic realm="WSMAN"')
        return [("WWW-Authenticate", name) for name in offered]


def _decode(token: str) -> bytes:
    try:
        return base64.b64decode(token)
    except binascii.Error:
        return b""
