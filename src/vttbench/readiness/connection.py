"""What an error of a connection means, and what to do about it.

Ansible passes on what its connection plugins stumbled over, in their words. ``docs/windows.md`` has
the same rows, by the same words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """An error by its text.

    Attributes:
        pattern: of the text.
        example: how it reads.
        means: what is the matter.
        do: what helps.
    """

    pattern: str
    example: str
    means: str
    do: str


WINDOWS = (
    Trouble(
        r"credentials were rejected|401",
        "the specified credentials were rejected by the server",
        "wrong user or password, or NTLM is off on the host",
        "compare vault_windows_user and vault_windows_password with the account on the host; run "
        "files/Enable-BenchmarkHost.ps1 there",
    ),
    Trouble(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "certificate verify failed: self-signed certificate",
        "the controller does not know the host's certificate",
        "ansible_winrm_server_cert_validation: ignore, or give the controller the certificate by "
        "ansible_winrm_ca_trust_path",
    ),
    Trouble(
        r"[Cc]onnection refused",
        "Failed to establish a new connection: Connection refused",
        "the host is on, and nothing listens at port 5986",
        "run files/Enable-BenchmarkHost.ps1 there, as administrator; after a restart, wait: WinRM "
        "starts with a delay",
    ),
    Trouble(
        r"[Nn]o route to host|[Nn]ame or service not known|getaddrinfo",
        "No route to host",
        "there is nobody at this address",
        "is it on, awake and in the same network? Compare ansible_host in inventory/",
    ),
    Trouble(
        r"[Rr]ead timed out|no answer within",
        "Read timed out. (read timeout=90)",
        "the host fell asleep or hangs, or large packets do not get through (VPN)",
        "wake it; windows_client_keep_awake. Over a VPN: lower the MTU there to 1280",
    ),
    Trouble(
        r"[Tt]imed out|[Tt]imeout",
        "Connection to 192.168.7.51 timed out",
        "asleep, off, or its firewall lets in another controller",
        "wake it, then run files/Enable-BenchmarkHost.ps1 there with this controller's address",
    ),
    Trouble(
        r"[Aa]ccess is denied|0x80070005",
        "Access is denied",
        "the account is no administrator, or Windows cuts its rights down over the network",
        "run files/Enable-BenchmarkHost.ps1 there: it sets LocalAccountTokenFilterPolicy",
    ),
    Trouble(
        r"413|MaxEnvelopeSize|quota|0x803381A6",
        "Bad HTTP response returned from server. Code 413",
        "WinRM allows only small messages there",
        "run files/Enable-BenchmarkHost.ps1 there: it raises MaxEnvelopeSizekb",
    ),
    Trouble(
        r"winrm or requests is not installed|No module named .winrm",
        "winrm or requests is not installed",
        "this controller's environment is incomplete",
        "make setup, then use .venv/bin/ansible-playbook",
    ),
)

LINUX = (
    Trouble(
        r"Permission denied",
        "Permission denied (publickey)",
        "the host does not know this controller's key",
        "ssh-copy-id ansible_user@host from this controller",
    ),
    Trouble(
        r"Host key verification failed",
        "Host key verification failed",
        "the host is unknown here, or another machine answers at its address",
        "look at it once by ssh; after a new installation: ssh-keygen -R host",
    ),
    Trouble(
        r"refused|timed out|No route|[Cc]ould not resolve|not known",
        "Connection timed out",
        "nobody answers at this address",
        "is it on and in the same network? Compare ansible_host in inventory/",
    ),
    Trouble(
        r"sudo|become|password is required",
        "sudo: a password is required",
        "the account may not become root without a password",
        "ansible_become_password in the vault, or sudo without password for it",
    ),
)


def trouble_of(message: str, *, windows: bool) -> Trouble | None:
    """Return what an error's text means; None for one that is not known."""
    for trouble in WINDOWS if windows else LINUX:
        if re.search(trouble.pattern, message):
            return trouble
    return None
