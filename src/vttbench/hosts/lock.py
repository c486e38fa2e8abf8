"""One run at a time on a host: a lock file there, and how a lock left behind is recognised.

The file is made by ``ln``, which either makes it with its whole content or fails because it is
there (POSIX), on local and network file systems alike. It belongs to the user who measures:
somebody else's run on the same host is noticed by the idle gate, not here.
"""

from __future__ import annotations

import getpass
import os
import shlex
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from vttbench.hosts.home import home_path
from vttbench.hosts.probe import pairs
from vttbench.hosts.sections import sections

PATH = "~/.cache/vttbench/lock"
DEFAULT_TTL_S = 6 * 3600


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: a run of the playbook on a controller.

    Attributes:
        controller: name of the machine that runs the playbook.
        controller_boot: its boot id, empty where it has none.
        controller_pid: process id of the playbook there.
        controller_started: start time of that process in clock ticks since boot: ids are reused.
        user: who started it.
        host: name in the inventory: two names may mean one machine.
    """

    controller: str
    controller_boot: str
    controller_pid: int
    controller_started: int
    user: str
    host: str

    @classmethod
    def of_process(cls, pid: int, host: str) -> Self:
        """Return the holder that a process of this machine is, for a host of its inventory."""
        return cls(
            controller=socket.gethostname(),
            controller_boot=_boot_id(),
            controller_pid=pid,
            controller_started=_started(pid) or 0,
            user=_user(),
            host=host,
        )

    @property
    def id(self) -> str:
        """Return what tells this holder from every other."""
        return f"{self.controller}:{self.controller_pid}:{self.controller_started}:{self.host}"

    @property
    def is_gone(self) -> bool:
        """Return whether that process is known to have ended; False where it can't be known."""
        if self.controller != socket.gethostname() or self.controller_boot != _boot_id():
            return False
        return _started(self.controller_pid) != self.controller_started

    def __str__(self) -> str:
        """Say who it is to a person."""
        name = f"process {self.controller_pid}, there called {self.host}"
        return f"{self.user} on {self.controller} ({name})"


@dataclass(frozen=True)
class LockState:
    """What a host said about its lock.

    Attributes:
        holder: None where the lock is free or its file can't be understood.
        holder_id: as it stands in the file; None where the lock is free.
        age_s: since it was taken or refreshed, by the host's clock.
        host_restarted: since it was taken.
        running: process ids of repeats that are under way on the host, below the lock's folder.
        taken: whether this command took it.
    """

    holder: Holder | None
    holder_id: str | None
    age_s: float = 0.0
    ttl_s: float = DEFAULT_TTL_S
    host_restarted: bool = False
    running: tuple[int, ...] = ()
    taken: bool = False

    def verdict(self, me: Holder) -> tuple[Literal["free", "mine", "stale", "held"], str]:
        """Return how the lock stands to a holder, and why in words."""
        if self.holder_id is None:
            return "free", "nobody holds the lock"
        if self.holder_id == me.id:
            return "mine", "this run holds the lock"
        who = str(self.holder) if self.holder else self.holder_id or "somebody"
        if self.host_restarted:
            return "stale", f"the host was restarted since {who} took the lock"
        gone = self.holder is not None and self.holder.is_gone
        expired = self.age_s > self.ttl_s
        if not gone and not expired:
            return "held", f"{who} has been at work on this host for {self.age_s / 60:.0f} minutes"
        why = "is gone" if gone else f"has not been heard of for {self.age_s / 3600:.1f} hours"
        if self.running:
            pids = ", ".join(map(str, self.running))
            return "held", f"{who} {why}, but a benchmark still runs there (process {pids})"
        return "stale", f"{who} {why}"


def acquire_command(me: Holder, *, ttl_s: float = DEFAULT_TTL_S, path: str = PATH) -> str:
    """Return shell text that takes the lock if it is free, and says how it stands."""
    return (
        _prologue(path)
        + 'mkdir -p "${lock%/*}" || exit 1\n'
        + _write_new(me, ttl_s)
        + 'if ln "$new" "$lock" 2>/dev/null; then section verdict; echo taken; fi\n'
        + 'rm -f "$new"\n'
        + _STATE
    )


def take_over_command(
    me: Holder, stale_id: str, *, ttl_s: float = DEFAULT_TTL_S, path: str = PATH
) -> str:
    """Return shell text that takes the place of a stale lock, unless another run was quicker.

    A folder that only one run can make keeps others out while it looks whether the lock is still
    the one that was judged, and replaces it in one step: the lock is never missing meanwhile. A
    guard that was left behind is removed after a minute.
    """
    return (
        _prologue(path)
        + 'find "$lock.guard" -maxdepth 0 -mmin +1 -exec rmdir {} + 2>/dev/null\n'
        + _write_new(me, ttl_s)
        + 'if mkdir "$lock.guard" 2>/dev/null; then\n'
        + f'  if grep -qxF {shlex.quote(f"id={stale_id}")} "$lock" 2>/dev/null; then\n'
        + '    mv -f "$new" "$lock" && section verdict && echo taken\n'
        + "  fi\n"
        + '  rmdir "$lock.guard"\n'
        + "fi\n"
        + 'rm -f "$new"\n'
        + _STATE
    )


def refresh_command(me: Holder, *, ttl_s: float = DEFAULT_TTL_S, path: str = PATH) -> str:
    """Return shell text that makes a lock of ours young again; it touches no other's."""
    mine = f'grep -qxF {shlex.quote(f"id={me.id}")} "$lock" 2>/dev/null'
    return (
        _prologue(path)
        + f'if {mine}; then\n{_write_new(me, ttl_s)}mv "$new" "$lock"\nfi\n'
        + _STATE
    )


def release_command(me: Holder, *, path: str = PATH) -> str:
    """Return shell text that gives a lock of ours back; it touches no other's."""
    return (
        _prologue(path)
        + f'if grep -qxF {shlex.quote(f"id={me.id}")} "$lock" 2>/dev/null; then\n'
        + '  rm -f "$lock"; section verdict; echo released\nfi\n'
        + _STATE
    )


def state_command(*, path: str = PATH) -> str:
    """Return shell text that says how the lock stands and changes nothing."""
    return _prologue(path) + _STATE


def parse_state(text: str) -> LockState:
    """Read what one of the commands printed.

    Raises:
        ValueError: it did not come to its end, so nothing is known.
    """
    found = sections(text)
    if "lock end" not in found:
        raise ValueError(f"the lock can't be read: {text.strip()[-300:] or 'no answer'}")
    return state_of(found)


def state_of(found: Mapping[str, list[str]]) -> LockState:
    """Return what the sections of a host's answer say about its lock."""
    taken = found.get("verdict") == ["taken"]
    running = tuple(int(word) for word in found.get("running", []) if word.isdigit())
    content = {name: str(value) for name, value in pairs(found.get("holder", [])).items()}
    if not found.get("holder"):
        return LockState(holder=None, holder_id=None, running=running)
    now = _number((found.get("now") or [""])[0])
    boot = (found.get("boot") or [""])[0]
    return LockState(
        holder=_holder(content),
        holder_id=content.get("id", "unknown"),
        age_s=max(0.0, now - _number(content.get("time", ""))),
        ttl_s=_number(content.get("ttl", "")),
        host_restarted=bool(boot) and content.get("boot", boot) != boot,
        running=running,
        taken=taken,
    )


_STATE = """section holder
cat "$lock" 2>/dev/null
section boot
cat /proc/sys/kernel/random/boot_id 2>/dev/null
section now
date +%s
section running
for process in /proc/[0-9]*; do
  read -r line 2>/dev/null <"$process/cmdline" || [ -n "$line" ] || continue
  case $line in *"${lock%/*}"/*/run.sh*/repeat-[0-9]*) echo "${process#/proc/}" ;; esac
done
section "lock end"
"""


def _prologue(path: str) -> str:
    return f'lock={home_path(path)}\nnew=$lock.$$\nsection() {{ echo "==> $1 <=="; }}\n'


def _write_new(me: Holder, ttl_s: float) -> str:
    known = {"id": me.id, "ttl": f"{ttl_s:.0f}"} | {k: str(v) for k, v in asdict(me).items()}
    lines = " ".join(shlex.quote(f"{name}={value}") for name, value in known.items())
    return (
        f"{{ printf '%s\\n' {lines}\n"
        'echo "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"\n'
        'echo "time=$(date +%s)"; } >"$new" || exit 1\n'
    )


def _holder(content: Mapping[str, str]) -> Holder | None:
    try:
        return Holder(
            controller=content["controller"],
            controller_boot=content["controller_boot"],
            controller_pid=int(content["controller_pid"]),
            controller_started=int(content["controller_started"]),
            user=content["user"],
            host=content["host"],
        )
    except (KeyError, ValueError):
        return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
