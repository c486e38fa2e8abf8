"""Filters that turn names into what certificates hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.errors import AnsibleFilterError

from vttbench.tls import names


def subject_alternative_names(given: Iterable[Any]) -> list[str]:
    """Names and addresses as ``DNS:…`` and ``IP:…``."""
    try:
        return names.subject_alternative_names(given)
    except names.NameInvalidError as error:
        raise AnsibleFilterError(str(error)) from error


def certificate_common_name(given: Iterable[Any]) -> str:
    """The first name that a certificate's common name has room for."""
    try:
        return names.common_name(names.subject_alternative_names(given))
    except names.NameInvalidError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "subject_alternative_names": subject_alternative_names,
            "certificate_common_name": certificate_common_name,
        }
