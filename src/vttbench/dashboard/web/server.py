"""The dashboard as a service: gunicorn in front, the collector beside it.

Two worker processes with threads: what is not polars' work holds Python's lock, so that one process
keeps one processor busy. They share the pages of the results, which are mapped from one file.
"""

from __future__ import annotations

import gc
import os
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from filelock import FileLock
from gunicorn.app.base import BaseApplication

from vttbench.dashboard.settings import PRINTER_VARIABLE, Settings

_WORKERS = 2
_THREADS = 4
_PAUSE_S = 5.0


class Service(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The application under gunicorn.

    Args:
        settings: of the dashboard.
        address: that it listens on.
        port: that it listens on.
    """

    def __init__(self, settings: Settings, address: str, port: int) -> None:
        self._settings = settings
        # Whichever worker is asked to print, any of them may be asked for the page.
        os.environ.setdefault(PRINTER_VARIABLE, secrets.token_urlsafe(32))
        self._bind = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Say how it is served."""
        shared_memory = Path("/dev/shm")  # noqa: S108  # gunicorn's heartbeat, no file of ours
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": _WORKERS,
            "worker_class": "gthread",
            "threads": _THREADS,
            "timeout": 120,
            "graceful_timeout": 5,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "vttbench-dashboard",
            "post_worker_init": self._settle,
            "worker_tmp_dir": str(shared_memory) if shared_memory.is_dir() else None,
        }
        for name, value in options.items():
            if value is not None:
                self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  # a WSGI application
        """Make the application, in the worker: polars can't be carried over a fork."""
        from vttbench.dashboard.web.app import make_app

        return make_app(self._settings).server

    def _settle(self, _worker: Any) -> None:  # noqa: ANN401  # gunicorn's
        # What is there now stays. To look through all of it for garbage takes a tenth of a second,
        # and every few hundred pages somebody would wait for that.
        gc.collect()
        gc.freeze()
        threading.Thread(target=_keep_collecting, args=(self._settings,), daemon=True).start()


def _keep_collecting(settings: Settings) -> None:
    """Have a collector at all times; it ends with this process, whose end of the pipe it reads."""
    pause = threading.Event()
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.cache_dir / "collector.lock"):  # the other worker waits for its turn
        _collect(settings, pause)


def _collect(settings: Settings, pause: threading.Event) -> None:
    while True:
        process = subprocess.Popen(
            [sys.executable, "-m", "vttbench.dashboard.store.collector"],
            env={**os.environ, **settings.to_environment()},
            stdin=subprocess.PIPE,
        )
        process.wait()
        pause.wait(_PAUSE_S)
