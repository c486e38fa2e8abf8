"""Running git without hooks and prompts, and never in another repository than the one meant."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LOCAL_TIMEOUT_S = 120.0
# Set where we are called from a hook or an alias; they would redirect us to another repository.
_REDIRECTIONS = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_CEILING_DIRECTORIES",
    ]
)


class GitError(Exception):
    """Git could not do it; the message says what, where, and what git said."""


@dataclass(frozen=True)
class Git:
    """Git in one checkout.

    Attributes:
        checkout: a directory inside it.
        environment: variables on top of ours, e.g. ``GIT_INDEX_FILE``.
    """

    checkout: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "", timeout: float = _LOCAL_TIMEOUT_S) -> str:
        """Run git and return its standard output.

        Args:
            arguments: words after ``git``.
            stdin: what it reads.
            timeout: seconds.

        Raises:
            GitError: there is no git, it failed, or it took too long.
        """
        # Hooks belong to the user's own commits, not to these.
        command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
        what = f"git {arguments[0]} in {self.checkout}"
        try:
            ended = subprocess.run(
                command,
                cwd=self.checkout,
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                timeout=timeout,
                check=False,
                env=self._environment(),
            )
        except FileNotFoundError as error:
            missing = "git" if self.checkout.is_dir() else self.checkout
            raise GitError(f"{what}: no {missing}") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(f"{what}: no answer within {timeout:g} s") from error
        if ended.returncode:
            said = " ".join((ended.stderr or ended.stdout).split())
            raise GitError(f"{what}: {without_credentials(said)}")
        return ended.stdout

    def succeeds(self, *arguments: str) -> bool:
        """Tell whether git exits with 0."""
        try:
            self.run(*arguments)
        except GitError:
            return False
        return True

    def with_environment(self, **variables: str) -> Git:
        """Return the same with more environment variables."""
        return Git(self.checkout, {**self.environment, **variables})

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _REDIRECTIONS}
        # Nobody is there to answer: neither git nor ssh may ask.
        kept.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        return {
            **kept,
            "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            **self.environment,
        }


def without_credentials(text: str) -> str:
    """Cut user and password out of every address in a text."""
    return re.sub(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@]+@", r"\1", text, flags=re.IGNORECASE)
