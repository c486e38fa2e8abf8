"""Small programs of Windows that Wine lacks or only pretends to have."""

from __future__ import annotations

from ..machine.state import Machine
from ..modules import Refused
from ..programs import Program, program
from ..wine import Done


@program("shutdown")
def shutdown(machine: Machine, wanted: Program) -> Done:
    """Restart; nothing else, as a host that is shut down does not come back."""
    words = [word.lower() for word in wanted.argv[1:]]
    if "/r" not in words:
        raise Refused(f"shutdown without /r: {wanted.line}")
    delay = float(words[words.index("/t") + 1]) if "/t" in words else 30.0
    machine.reboot(delay)
    return Done(0)


@program("quser", "query")
def quser(machine: Machine, wanted: Program) -> Done:
    """Say who is logged on at the console."""
    if machine.console_user is None:
        return Done(1, b"", b"No User exists for *\r\n")
    head = " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME\r\n"
    line = (
        f">{machine.console_user:<22}console             1  Active      none  1/1/2026 8:00 AM\r\n"
    )
    return Done(0, (head + line).encode())


@program("whoami")
def whoami(machine: Machine, wanted: Program) -> Done:
    """Name the account."""
    return Done(0, f"{machine.computer_name.lower()}\\{machine.user}\r\n".encode())


@program("hostname")
def hostname(machine: Machine, wanted: Program) -> Done:
    """Name the computer."""
    return Done(0, f"{machine.computer_name}\r\n".encode())


@program("w32tm")
def w32tm(machine: Machine, wanted: Program) -> Done:
    """Ask the time service."""
    running = machine.settings.services.get("w32time", {}).get("state") == "started"
    if not running:
        return Done(
            0x26 & 0xFF,
            b"The following error occurred: The service has not been started. (0x80070426)\r\n",
        )
    if "/resync" in [word.lower() for word in wanted.argv]:
        return Done(
            0,
            b"Sending resync command to local computer\r\nThe command completed successfully.\r\n",
        )
    return Done(
        0, b"Source: time.windows.com,0x8\r\nStratum: 4\r\nLast Successful Sync Time: now\r\n"
    )


@program("taskkill")
def taskkill(machine: Machine, wanted: Program) -> Done:
    """End processes by id or name."""
    words = [word.lower() for word in wanted.argv[1:]]
    table = machine.processes.table()
    if "/pid" in words:
        pids = [int(words[words.index("/pid") + 1])]
    elif "/im" in words:
        name = words[words.index("/im") + 1]
        pids = [process.pid for process in table if process.name.lower() == name]
    else:
        return Done(
            1, b"", b"ERROR: Invalid syntax. Neither /FI nor /PID nor /IM were specified.\r\n"
        )
    if not [pid for pid in pids if machine.processes.kill_tree(pid)]:
        return Done(128, b"", b"ERROR: The process not found.\r\n")
    return Done(0, b"SUCCESS: The process has been terminated.\r\n")


@program("winget")
def winget(machine: Machine, wanted: Program) -> Done:
    """Fail as it does over WinRM (microsoft/winget-cli 256)."""
    raise FileNotFoundError("winget")
