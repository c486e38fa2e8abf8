"""One run at a time on a Windows host.

Who holds a lock, and when it is stale, is the same everywhere: ``vttbench.hosts.lock``.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from vttbench.hosts.lock import DEFAULT_TTL_S, PATH, Holder, LockState, state_of
from vttbench.hosts.windows.cim import rows_of
from vttbench.hosts.windows.host import RunModule, WindowsHostError, run_script, said
from vttbench.hosts.windows.paths import windows_path

TOOLS = ("7z.exe", "7za.exe", "7zz.exe", "fio.exe", "llama-bench.exe", "vttbench-stream.exe")
"""What may still be running of a run that is gone."""


def lock(
    run: RunModule,
    action: str,
    me: Holder,
    *,
    stale_id: str = "",
    ttl_s: float = DEFAULT_TTL_S,
    path: str = PATH,
) -> LockState:
    """Take, take over, refresh, release or only look at the lock of a host.

    Args:
        run: carries a module to the host.
        action: ``acquire``, ``take_over``, ``refresh``, ``release`` or ``state``.
        me: who asks.
        stale_id: of the holder whose place is taken over.
        ttl_s: after so long without a sign of life it counts as left behind.
        path: of the lock file.

    Raises:
        WindowsHostError: the host could not say.
    """
    known = {"id": me.id, "ttl": f"{ttl_s:.0f}"} | {k: str(v) for k, v in asdict(me).items()}
    request = {
        "action": action,
        "path": windows_path(path),
        "content": "".join(f"{name}={value}\n" for name, value in known.items()),
        "id": me.id,
        "stale_id": stale_id,
        "tools": " OR ".join(f"Name = '{name}'" for name in TOOLS),
    }
    data = said(run_script(run, "lock.ps1", Request=json.dumps(request)))
    if not isinstance(data, dict):
        raise WindowsHostError("the lock's script did not say how it stands")
    return state_of({name: [str(line) for line in rows_of(lines)] for name, lines in data.items()})
