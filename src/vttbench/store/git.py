"""Committing results to a branch of their own, beside whatever the user is doing.

The commits are made with git's plumbing and an index in a temporary file: no working tree is
checked out, and the user's branch, index, files, hooks and configuration are neither read for this
nor changed. The branch has a history of its own that holds nothing but results, so pushing it
publishes nothing else.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from vttbench.result import ResultError
from vttbench.store.commit_message import body_of, subject_of
from vttbench.store.git_command import Git, GitError
from vttbench.store.results import ResultStore, Stored, StoreError

BRANCH = "results/auto"
_LOCK_TIMEOUT_S = 120.0
_PUSH_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Commit:
    """One commit: the new results of one host.

    Attributes:
        host: name in the inventory.
        documents: paths of the documents in it.
        sha: its id; empty when it was only looked what there is to commit.
        subject: first line of its message.
    """

    host: str
    documents: tuple[Path, ...]
    sha: str
    subject: str


@dataclass
class Committed:
    """What was done.

    Attributes:
        branch: the branch.
        commits: one a host that had something new.
        pushed: whether the remote's branch is now the same; None where no push was asked for.
        problems: what did not work and did not keep the rest from being done.
    """

    branch: str
    commits: list[Commit] = field(default_factory=list)
    pushed: bool | None = None
    problems: list[str] = field(default_factory=list)


def commit_results(
    results_dir: Path,
    checkout: Path,
    *,
    branch: str = BRANCH,
    hosts: Sequence[str] | None = None,
    push: bool = False,
    remote: str = "origin",
    dry_run: bool = False,
) -> Committed:
    """Commit the results that the branch does not hold yet, one commit a host.

    Calling it again without new results does nothing. Two calls at once wait for each other.

    Args:
        results_dir: the results directory; must lie inside the checkout.
        checkout: a directory of the git checkout.
        branch: branch to commit to; made where there is none.
        hosts: only results of these hosts; all by default.
        push: push the branch afterwards. Failing to is a problem in the answer, not an error.
        remote: name of the remote to push to.
        dry_run: only say what would be committed.

    Raises:
        GitError: no checkout, results outside of it, the branch is checked out somewhere, ...
    """
    git, inside = _repository(results_dir, checkout)
    committed = Committed(branch)
    common = Path(git.run("rev-parse", "--path-format=absolute", "--git-common-dir").strip())
    try:
        with FileLock(common / "vttbench-results.lock", timeout=_LOCK_TIMEOUT_S):
            _refuse_checked_out(git, branch)
            tip = _tip(git, branch, remote)
            fresh = _fresh_by_host(git, results_dir, inside, tip, hosts, committed.problems)
            for host, results in fresh.items():
                if dry_run:
                    paths = tuple(stored.path for stored in results)
                    committed.commits.append(Commit(host, paths, "", subject_of(host, results)))
                    continue
                commit = _commit(git, results_dir, inside, branch, tip, host, results)
                committed.commits.append(commit)
                tip = commit.sha
            if push and tip and not dry_run:
                committed.pushed = _push(git, branch, remote, committed.problems)
    except Timeout as error:
        raise GitError(
            f"somebody else has been committing results in {git.checkout} for more than "
            f"{_LOCK_TIMEOUT_S:g} s (lock {error.lock_file})"
        ) from error
    return committed


def _repository(results_dir: Path, checkout: Path) -> tuple[Git, Path]:
    """Return git at the top of the checkout, and the results' path inside it."""
    try:
        top = Path(Git(checkout).run("rev-parse", "--show-toplevel").rstrip("\n")).resolve()
    except GitError as error:
        raise GitError(f"results can't be committed: {error}") from error
    resolved = results_dir.resolve()
    if not resolved.is_relative_to(top) or resolved == top:
        raise GitError(
            f"results can't be committed: {results_dir} lies outside of the git checkout {top}; "
            "leave results_dir at its default, or use results_git=false and keep them your own way"
        )
    return Git(top), resolved.relative_to(top)


def _refuse_checked_out(git: Git, branch: str) -> None:
    worktree = ""
    for line in git.run("worktree", "list", "--porcelain").splitlines():
        key, _, value = line.partition(" ")
        if key == "worktree":
            worktree = value
        elif key == "branch" and value == f"refs/heads/{branch}":
            raise GitError(
                f"branch {branch} is checked out in {worktree}: committing to it would change what "
                "you see there. Switch to another branch; the results stay on disk until then"
            )


def _tip(git: Git, branch: str, remote: str) -> str | None:
    """Return the commit to go on from: the branch, else what was last seen of it at the remote."""
    for name in (f"refs/heads/{branch}", f"refs/remotes/{remote}/{branch}"):
        if git.succeeds("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            return git.run("rev-parse", "--verify", f"{name}^{{commit}}").strip()
    return None


def _fresh_by_host(
    git: Git,
    results_dir: Path,
    inside: Path,
    tip: str | None,
    hosts: Sequence[str] | None,
    problems: list[str],
) -> dict[str, list[Stored]]:
    """Find what the branch lacks. Documents never change, so their names tell."""
    held: set[str] = set()
    if tip is not None:
        listing = git.run("ls-tree", "-r", "-z", "--name-only", tip, "--", inside.as_posix())
        held = set(listing.split("\0"))
    store = ResultStore(results_dir)
    fresh: dict[str, list[Stored]] = {}
    for path in store.paths():
        if (inside / path.relative_to(results_dir)).as_posix() in held:
            continue
        try:
            stored = store.read(path)
        except (ResultError, StoreError) as error:
            problems.append(f"not committed: {error}")
            continue
        if hosts is None or stored.result.host.name in hosts:
            fresh.setdefault(stored.result.host.name, []).append(stored)
    return fresh


def _commit(
    git: Git,
    results_dir: Path,
    inside: Path,
    branch: str,
    tip: str | None,
    host: str,
    results: Sequence[Stored],
) -> Commit:
    files = [file for stored in results for file in _files_of(stored.path)]
    names = "".join(f"{file.absolute()}\n" for file in files)
    # Byte for byte, whatever .gitattributes says: the documents hold checksums of these files.
    blobs = git.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names).split()
    entries = "".join(
        f"100644 {blob}\t{(inside / file.relative_to(results_dir)).as_posix()}\0"
        for blob, file in zip(blobs, files, strict=True)
    )
    with tempfile.TemporaryDirectory(prefix="vttbench-git-") as scratch:
        indexed = git.with_environment(GIT_INDEX_FILE=str(Path(scratch) / "index"))
        if tip is not None:
            indexed.run("read-tree", tip)
        indexed.run("update-index", "-z", "--add", "--index-info", stdin=entries)
        tree = indexed.run("write-tree").strip()
    subject = subject_of(host, results)
    parents = [] if tip is None else ["-p", tip]
    message = f"{subject}\n\n{body_of(results)}\n"
    sha = _with_identity(git).run("commit-tree", tree, *parents, stdin=message).strip()
    old = git.run("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip()
    # Fails, and changes nothing, if somebody moved the branch meanwhile.
    git.run("update-ref", "-m", subject, f"refs/heads/{branch}", sha, old or "0" * len(sha))
    return Commit(host, tuple(stored.path for stored in results), sha, subject)


def _files_of(document: Path) -> list[Path]:
    raw = document.with_suffix("")
    beside = sorted(
        path
        for path in (raw.rglob("*") if raw.is_dir() else ())
        if path.is_file() and not path.is_symlink() and "\n" not in str(path)
    )
    return [document, *beside]


def _with_identity(git: Git) -> Git:
    """Use the user's name; where git has none, ours, for these commits only."""
    if git.succeeds("var", "GIT_AUTHOR_IDENT") and git.succeeds("var", "GIT_COMMITTER_IDENT"):
        return git
    name, address = "vttbench", f"vttbench@{socket.gethostname() or 'localhost'}"
    return git.with_environment(
        GIT_AUTHOR_NAME=name,
        GIT_AUTHOR_EMAIL=address,
        GIT_COMMITTER_NAME=name,
        GIT_COMMITTER_EMAIL=address,
    )


def _push(git: Git, branch: str, remote: str, problems: list[str]) -> bool:
    reference = f"refs/heads/{branch}"
    try:
        git.run("push", "--no-verify", remote, f"{reference}:{reference}", timeout=_PUSH_TIMEOUT_S)
    except GitError as error:
        problems.append(
            f"the results are committed to branch {branch} here but could not be pushed to "
            f"{remote}: {error}. Push them later: git push {remote} {branch}"
        )
        return False
    return True
