"""The process that keeps the copy up to date for as long as the dashboard runs.

It looks at folders every two seconds, which costs next to nothing, and starts
``python -m vttbench.dashboard.store`` when something changed. It ends when its standard input is
closed, which is what happens when the process that started it dies, however it dies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import documents, status
from vttbench.dashboard.store.mirror import Mirror

_HEARTBEAT_S = 10.0
_PAUSE_AFTER_TROUBLE_S = 10.0


class Collector:
    """Looks for new results until it is told to stop.

    Args:
        settings: where results come from.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._status = status.Status()
        self._mirror = Mirror(settings) if settings.mlflow_uri else None
        self._seen: dict[str, int] | None = None  # None: nothing was looked at yet
        self._recheck = False
        self._full_at = 0.0
        self._quiet_until = 0.0

    def run(self, stopped: threading.Event) -> None:
        """Look, and look again, until told to stop."""
        self._settings.cache_dir.mkdir(parents=True, exist_ok=True)
        while not stopped.is_set():
            began = time.monotonic()
            if self._mirror is not None:
                self._mirror.poll(self._status)
            if began >= self._quiet_until:
                self._look(began)
            if time.time() - self._status.at > _HEARTBEAT_S:
                status.write(self._settings.cache_dir, self._status)
            stopped.wait(max(0.2, self._settings.poll_s - (time.monotonic() - began)))

    def _look(self, now: float) -> None:
        stamps = documents.stamps(self._settings.roots)
        full = now >= self._full_at
        changed = self._seen is None or stamps != self._seen
        if not (full or changed or self._recheck):
            self._status.looked_at = time.time()
            return
        fresh = 0 in documents.settled(stamps, time.time_ns()).values()
        went_well = self._synchronise(full=full)
        if not went_well:
            self._quiet_until = now + _PAUSE_AFTER_TROUBLE_S
            return
        # A second document in the same tick of the file system's clock leaves the same stamp.
        self._seen, self._recheck = stamps, fresh
        if full:
            self._full_at = now + self._settings.reconcile_s

    def _synchronise(self, *, full: bool) -> bool:
        command = [sys.executable, "-m", "vttbench.dashboard.store", *(["--full"] if full else [])]
        process = subprocess.Popen(
            command,
            env={**os.environ, **self._settings.to_environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        reader.start()
        for line in process.stdout or ():
            words = line.split()
            if words[:1] == ["read"]:
                self._status.reading = (int(words[1]), int(words[2]))
                status.write(self._settings.cache_dir, self._status)
        process.wait()
        reader.join()
        self._status.reading = None
        last = next((line.strip() for line in reversed(errors) if line.strip()), "no message")
        if process.returncode == 0:
            self._status.trouble = ""
            self._status.looked_at = time.time()
        else:
            self._status.trouble = f"New results could not be read in: {last}"
            sys.stderr.writelines(errors)
        status.write(self._settings.cache_dir, self._status)
        return process.returncode == 0


def main() -> None:
    """Collect until standard input is closed."""
    stopped = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stopped.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    Collector(Settings.from_environment()).run(stopped)


if __name__ == "__main__":
    main()
