"""What the action plugin win_reboot sends: PowerShell that it writes in its own code."""

from __future__ import annotations

import re

from ..machine.state import Machine
from ..powershell import Invocation, text_of_ansible
from ..wire.shells import Output

# 100 ns since 1601, which is what ToFileTime() gives.
_EPOCH_1601_S = 11_644_473_600


@text_of_ansible(
    "win_reboot: boot time",
    r".*Win32_OperatingSystem -Property LastBootUpTime\)\.LastBootUpTime\.ToFileTime\(\).*",
)
def boot_time(machine: Machine, call: Invocation) -> Output:
    """When the host was started."""
    return Output(f"{int((machine.booted_at + _EPOCH_1601_S) * 1e7)}\r\n".encode())


@text_of_ansible(
    "win_reboot: shutdown", r".*shutdown\.exe /r /t (\d+) .*ConvertTo-Json -Compress.*"
)
def shutdown(machine: Machine, call: Invocation) -> Output:
    """Restart the host."""
    assert call.matched is not None
    machine.reboot(delay_s=float(call.matched[1]))
    return Output(b'{"stdout":"","stderr":"","rc":0}\r\n')


@text_of_ansible("win_reboot: is it up", r".*AutoLogonChecked.*|.*'(success-[0-9a-f-]+)'.*")
def is_up(machine: Machine, call: Invocation) -> Output:
    """Say the word that the action plugin waits for."""
    word = re.search(r"success-[0-9a-f-]+", call.text)
    return Output((word[0] if word else "").encode() + b"\r\n")


@text_of_ansible("win_reboot: who", r"whoami(?:\.exe)?")
def who(machine: Machine, call: Invocation) -> Output:
    """Name the account."""
    return Output(f"{machine.computer_name.lower()}\\{machine.user}\r\n".encode())
