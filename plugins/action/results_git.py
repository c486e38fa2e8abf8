"""Commit results to a branch of their own; documented in ``plugins/modules/results_git.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from vttbench.store.git import BRANCH, commit_results
from vttbench.store.git_command import GitError


class ActionModule(ActionBase):
    """Have :func:`vttbench.store.git.commit_results` do it, on the controller."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the commits; what did not work is a warning, for the results are on disk."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "results_dir": {"type": "path", "required": True},
                "checkout": {"type": "path", "default": str(Path(__file__).parents[2])},
                "branch": {"type": "str", "default": BRANCH},
                "hosts": {"type": "list", "elements": "str"},
                "push": {"type": "bool", "default": False},
                "remote": {"type": "str", "default": "origin"},
            }
        )
        result |= {"changed": False, "branch": arguments["branch"], "commits": [], "pushed": None}
        try:
            committed = commit_results(
                Path(arguments["results_dir"]),
                Path(arguments["checkout"]),
                branch=arguments["branch"],
                hosts=arguments["hosts"],
                push=arguments["push"],
                remote=arguments["remote"],
                dry_run=bool(self._task.check_mode),
            )
        except GitError as error:
            return result | {"msg": str(error), "warnings": [str(error)]}
        commits = [
            {"host": entry.host, "sha": entry.sha, "subject": entry.subject}
            | {"documents": [str(path) for path in entry.documents]}
            for entry in committed.commits
        ]
        count = sum(len(entry.documents) for entry in committed.commits)
        done = "would be committed" if self._task.check_mode else "committed"
        result |= {
            "changed": bool(commits),
            "commits": commits,
            "pushed": committed.pushed,
            "msg": f"{count} results {done} to branch {committed.branch}",
        }
        if committed.problems:
            result["warnings"] = committed.problems
        return result
