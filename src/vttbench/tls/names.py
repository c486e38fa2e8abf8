"""Names in a certificate: what people type, as RFC 5280 writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
COMMON_NAME_CHARACTERS = 64


class NameInvalidError(ValueError):
    """A name that no certificate can hold; the message says which."""


def subject_alternative_names(names: Iterable[object]) -> list[str]:
    """Return names and addresses as ``DNS:…`` and ``IP:…``, each once, in the order given.

    A trailing dot is dropped, letters become small, and names with other letters than ASCII become
    what resolvers ask for (``bücher.lan`` is ``xn--bcher-kva.lan``). ``*.lan`` is allowed.

    Raises:
        NameInvalidError: for what is neither an address nor a name, and if there is none at all.
    """
    found = list(dict.fromkeys(_entry(str(name).strip()) for name in names))
    if not found:
        raise NameInvalidError("a certificate needs a name or an address")
    return found


def common_name(alternative_names: Iterable[str]) -> str:
    """The first name that fits into a certificate's common name, without its kind.

    Raises:
        NameInvalidError: if none fits.
    """
    for entry in alternative_names:
        name = entry.partition(":")[2]
        if len(name) <= COMMON_NAME_CHARACTERS:
            return name
    raise NameInvalidError(f"no name has at most {COMMON_NAME_CHARACTERS} characters")


def _entry(name: str) -> str:
    try:
        return f"IP:{ip_address(name)}" if "%" not in name else _refuse(name)
    except ValueError:
        pass
    try:
        ascii_name = name.rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return _refuse(name)
    labels = ascii_name.split(".")
    if labels[0] == "*" and len(labels) > 1:
        labels = labels[1:]
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _refuse(name)
    if labels[-1].isdigit():  # 10.0.0.256: meant as an address
        return _refuse(name)
    return f"DNS:{ascii_name}"


def _refuse(name: str) -> str:
    raise NameInvalidError(f"{name!r} is no name of a host and no address")
