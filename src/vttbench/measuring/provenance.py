"""How a result was made: by which code, by whom, from where."""

from __future__ import annotations

import getpass
import platform
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from vttbench import __version__
from vttbench.result import Provenance


def gather(
    root: Path,
    environ: Mapping[str, str],
    *,
    ansible_version: str | None = None,
    profile: str | None = None,
) -> Provenance:
    """Describe this controller.

    Args:
        root: the checkout; its commit is recorded where it is a git repository.
        environ: tells the ids of the play (``VTTBENCH_PLAY_ID``) and of the AWX job
            (``JOB_ID`` or ``AWX_JOB_ID``).
        ansible_version: of ansible-core.
        profile: of the suite.
    """
    commit = _git(root, "rev-parse", "HEAD")
    # Results are what we write; they don't make the code another one.
    changes = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!results")
    return Provenance(
        vttbench_version=__version__,
        git_commit=commit or None,
        git_dirty=bool(changes) if commit else None,
        controller=socket.gethostname(),
        user=_user(),
        ansible_version=ansible_version,
        python_version=platform.python_version(),
        play_id=environ.get("VTTBENCH_PLAY_ID") or None,
        awx_job_id=environ.get("AWX_JOB_ID") or environ.get("JOB_ID") or None,
        profile=profile,
    )


def _git(root: Path, *words: str) -> str:
    try:
        reply = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return reply.stdout.strip()


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
