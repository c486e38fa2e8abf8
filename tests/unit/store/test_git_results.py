"""Results on a branch of their own: the user's checkout never notices."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from vttbench.result import Error, ErrorKind, Status
from vttbench.store import ResultStore
from vttbench.store.git import commit_results
from vttbench.store.git_command import GitError, without_credentials

BRANCH = "results/auto"


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A checkout with one commit, by a user who has a name; git as a function."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (home / ".gitconfig").write_text(
        "[user]\nname = Jane\nemail = jane@example.org\n[init]\ndefaultBranch = main\n"
    )
    checkout = tmp_path / "checkout"
    checkout.mkdir()

    def run(*arguments, cwd=checkout):
        return subprocess.run(
            ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
        ).stdout

    run("init", "--quiet")
    (checkout / "code.py").write_text("print(1)\n")
    run("add", ".")
    run("commit", "--quiet", "-m", "code")
    run.checkout = checkout
    return run


@pytest.fixture
def store(git):
    return ResultStore(git.checkout / "results")


def commit(git, store, **options):
    return commit_results(store.root, git.checkout, **options)


def state_of(git):
    """All that belongs to the user: files, index, branches, settings, hooks."""
    top = git.checkout
    files = {
        str(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(top).parts
    }
    hooks = {path.name: path.read_bytes() for path in (top / ".git" / "hooks").iterdir()}
    references = [
        line for line in git("for-each-ref").splitlines() if f"refs/heads/{BRANCH}" not in line
    ]
    return (
        files,
        (top / ".git" / "HEAD").read_bytes(),
        (top / ".git" / "index").read_bytes() if (top / ".git" / "index").exists() else None,
        (top / ".git" / "config").read_bytes(),
        hooks,
        references,
        git("status", "--porcelain=v2", "--branch"),
        git("worktree", "list", "--porcelain"),
        git("stash", "list"),
    )


def files_on(git, revision=BRANCH):
    return git("ls-tree", "-r", "--name-only", revision).split()


def test_one_commit_a_host_holds_documents_and_raw_files_and_nothing_else(
    git, store, make_result, raw_dir
):
    first = store.write(make_result(host="a"), raw_dir)
    store.write(make_result(host="a", benchmark="stream", after_s=120))
    store.write(make_result(host="b"))
    before = state_of(git)
    committed = commit(git, store)

    assert state_of(git) == before
    assert [(entry.host, len(entry.documents)) for entry in committed.commits] == [
        ("a", 2),
        ("b", 1),
    ]
    assert git("rev-list", "--count", BRANCH).strip() == "2"
    assert git("log", "--format=%s", BRANCH).splitlines() == [
        "Auto: Benchmark results b 2026-11-25T07:46:12Z",
        "Auto: Benchmark results a 2026-11-25T07:48:12Z",
    ]
    names = files_on(git)
    assert all(name.startswith("results/linux/") for name in names)
    assert len(names) == 3 + 3
    raw = first.result.files[1].path
    assert git("show", f"{BRANCH}:results/linux/a/{raw}") == "Tot: 100 2 3\n"
    assert git("log", "-1", "--format=%an <%ae>", BRANCH).strip() == "Jane <jane@example.org>"


def test_body_says_what_the_host_is_and_what_came_out(git, store, make_result):
    result = make_result()
    result.metrics[0].ci95 = (1.9, 2.1)
    store.write(result)
    failed = make_result(benchmark="fio", variant="randread", after_s=5)
    failed.status, failed.metrics = Status.FAILED, []
    failed.error = Error(kind=ErrorKind.CRASHED, message="signal\n11", retryable=False)
    store.write(failed)
    unstable = make_result(benchmark="stream", after_s=9)
    host = unstable.host
    host.cpu, host.memory_gb, host.os = "AMD EPYC", 23.54, "Debian 12"
    unstable.status = Status.UNSTABLE
    unstable.error = Error(kind=ErrorKind.NOT_CONVERGED, message="x", retryable=True)
    store.write(unstable)
    commit(git, store)
    assert git("log", "-1", "--format=%b", BRANCH).strip().splitlines() == [
        "CPU: AMD EPYC",
        "Memory: 23.54 GB",
        "OS: Debian 12",
        "",
        "sevenzip: total_rating 2 MIPS ±5 %",
        "fio randread: failed: signal 11",
        "stream: total_rating 2 MIPS (unstable)",
    ]


def test_nothing_new_makes_no_commit(git, store, make_result):
    assert commit(git, store).commits == []
    assert not git("branch", "--list", BRANCH)
    store.write(make_result())
    commit(git, store)
    tip = git("rev-parse", BRANCH)
    assert commit(git, store).commits == []
    assert git("rev-parse", BRANCH) == tip
    store.write(make_result(after_s=60))
    assert len(commit(git, store).commits[0].documents) == 1
    assert git("rev-parse", f"{BRANCH}^") == tip
    assert len(files_on(git)) == 2


def test_dry_run_says_what_it_would_and_changes_nothing(git, store, make_result):
    store.write(make_result())
    before = state_of(git)
    committed = commit(git, store, dry_run=True)
    assert [entry.host for entry in committed.commits] == ["bench-1"]
    assert not git("branch", "--list", BRANCH)
    assert state_of(git) == before


def test_only_the_hosts_asked_for(git, store, make_result):
    store.write(make_result(host="a"))
    store.write(make_result(host="b"))
    assert [entry.host for entry in commit(git, store, hosts=["b"]).commits] == ["b"]


def dirty(git):
    (git.checkout / "code.py").write_text("half-finished")
    (git.checkout / "new.py").write_text("untracked")


def staged(git):
    (git.checkout / "code.py").write_text("staged")
    git("add", "code.py")
    (git.checkout / "code.py").write_text("and more")


def results_staged(git):
    (git.checkout / "results").mkdir(exist_ok=True)
    git("add", "results")


def detached(git):
    git("checkout", "--quiet", "--detach")


def merging(git):
    git("checkout", "--quiet", "-b", "other")
    (git.checkout / "code.py").write_text("other")
    git("commit", "--quiet", "-am", "other")
    git("checkout", "--quiet", "main")
    (git.checkout / "code.py").write_text("mine")
    git("commit", "--quiet", "-am", "mine")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "other")


def ignored(git):
    (git.checkout / ".gitignore").write_text("results/\n")
    git("add", ".gitignore")
    git("commit", "--quiet", "-m", "ignore")


def converting_line_ends(git):
    (git.checkout / ".gitattributes").write_text("* text=auto eol=lf\n*.json filter=spoil\n")
    git("config", "filter.spoil.clean", "sed s/a/b/g")


def forbidding_hooks(git):
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "pre-push"):
        hook = git.checkout / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{git.checkout}/hook-ran-{name}'\nexit 1\n")
        hook.chmod(0o755)


def signing_required(git):
    git("config", "commit.gpgSign", "true")
    git("config", "gpg.program", "/bin/false")


@pytest.mark.parametrize(
    "prepare",
    [
        dirty,
        staged,
        results_staged,
        detached,
        merging,
        ignored,
        converting_line_ends,
        forbidding_hooks,
        signing_required,
    ],
)
def test_whatever_the_user_is_doing_stays_as_it_is(git, store, make_result, raw_dir, prepare):
    (raw_dir / "windows.txt").write_bytes(b"a\r\nb\r\n")
    stored = store.write(make_result(), raw_dir)
    prepare(git)
    before = state_of(git)
    committed = commit(git, store)
    assert state_of(git) == before
    assert len(committed.commits) == 1
    assert committed.problems == []
    assert all(name.startswith("results/") for name in files_on(git))
    for path in (stored.path, *(stored.path.parent / f.path for f in stored.result.files)):
        name = path.relative_to(git.checkout).as_posix()
        kept = subprocess.run(
            ["git", "cat-file", "blob", f"{BRANCH}:{name}"],
            cwd=git.checkout,
            check=True,
            capture_output=True,
        ).stdout
        assert kept == path.read_bytes()


def test_repository_without_a_commit_gets_one_on_our_branch_only(git, store, make_result, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    git("init", "--quiet", cwd=empty)
    fresh = ResultStore(empty / "results")
    fresh.write(make_result())
    commit_results(fresh.root, empty)
    assert git("for-each-ref", "--format=%(refname)", cwd=empty).split() == [f"refs/heads/{BRANCH}"]
    assert (empty / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert "No commits yet" in git("status", cwd=empty)


def test_user_without_a_name_gets_ours_in_these_commits_only(git, store, make_result):
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    store.write(make_result())
    config = (git.checkout / ".git" / "config").read_bytes()
    commit(git, store)
    assert git("log", "-1", "--format=%an|%cn", BRANCH).strip() == "vttbench|vttbench"
    assert (git.checkout / ".git" / "config").read_bytes() == config


@pytest.mark.parametrize("elsewhere", [True, False])
def test_branch_that_somebody_looks_at_is_not_moved(git, store, make_result, tmp_path, elsewhere):
    store.write(make_result())
    commit(git, store)
    where = tmp_path / "worktree" if elsewhere else git.checkout
    if elsewhere:
        git("worktree", "add", "--quiet", str(where), BRANCH)
    else:
        git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
    tip = git("rev-parse", BRANCH)
    store.write(make_result(after_s=9))
    with pytest.raises(GitError, match=f"checked out in {where}.*Switch to another branch"):
        commit(git, store)
    assert git("rev-parse", BRANCH) == tip


def test_results_outside_of_the_checkout_are_refused_in_words(git, make_result, tmp_path):
    outside = ResultStore(tmp_path / "outside")
    outside.write(make_result())
    with pytest.raises(GitError, match=r"outside lies outside of the git checkout .*/checkout"):
        commit_results(outside.root, git.checkout)
    link = git.checkout / "results"
    link.symlink_to(outside.root)
    with pytest.raises(GitError, match="lies outside of the git checkout"):
        commit_results(link, git.checkout)


def test_no_checkout_is_refused_in_words(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    with pytest.raises(GitError, match=r"can't be committed: git rev-parse in .*plain.*not a git"):
        commit_results(tmp_path / "plain" / "results", tmp_path / "plain")


def test_missing_git_is_said(git, store, make_result, monkeypatch, tmp_path):
    store.write(make_result())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="no git"):
        commit(git, store)


def test_call_from_inside_a_hook_reaches_the_right_repository(
    git, store, make_result, tmp_path, monkeypatch
):
    store.write(make_result())
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    commit(git, store)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert files_on(git)
    assert not (tmp_path / "index").exists()


def test_broken_document_is_named_and_the_others_are_committed(git, store, make_result):
    store.write(make_result())
    broken = store.write(make_result(after_s=5)).path
    broken.write_text("{")
    committed = commit(git, store)
    assert len(committed.commits[0].documents) == 1
    assert str(broken) in committed.problems[0]


def test_unfinished_files_are_left_out(git, store, make_result, raw_dir):
    stored = store.write(make_result(), raw_dir)
    (stored.path.parent / ".x.json.abc.tmp").write_text("{")
    (stored.path.parent / "20261125T090000.000Z-fio").mkdir()
    (stored.path.parent / "20261125T090000.000Z-fio" / "stdout").write_text("no document yet")
    commit(git, store)
    assert len(files_on(git)) == 4


def test_two_at_once_commit_everything_once(git, store, make_result):
    for second in range(6):
        store.write(make_result(host=f"h{second % 2}", after_s=second))
    barrier = threading.Barrier(4)
    errors = []

    def run(host):
        barrier.wait()
        try:
            commit(git, store, hosts=[host])
        except Exception as error:  # the assertion below shows it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(f"h{n % 2}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(files_on(git)) == 6
    assert git("rev-list", "--count", BRANCH).strip() == "2"


@pytest.fixture
def remote(git, tmp_path):
    bare = tmp_path / "remote.git"
    git("init", "--quiet", "--bare", str(bare))
    git("remote", "add", "origin", str(bare))
    return bare


def test_push_publishes_the_branch_and_nothing_else(git, store, make_result, remote):
    store.write(make_result())
    forbidding_hooks(git)
    committed = commit(git, store, push=True)
    assert committed.pushed is True
    assert committed.problems == []
    assert git("for-each-ref", "--format=%(refname)", cwd=remote).split() == [
        f"refs/heads/{BRANCH}"
    ]
    assert git("rev-parse", BRANCH, cwd=remote) == git("rev-parse", BRANCH)
    assert "code.py" not in files_on(git)


def test_push_that_fails_keeps_the_commit_and_says_what_to_do(git, store, make_result):
    git("remote", "add", "origin", "https://me:secret@127.0.0.1:9/repository.git")
    store.write(make_result())
    committed = commit(git, store, push=True)
    assert committed.pushed is False
    assert len(committed.commits) == 1
    assert "could not be pushed to origin" in committed.problems[0]
    assert f"git push origin {BRANCH}" in committed.problems[0]
    assert "secret" not in committed.problems[0]
    assert files_on(git)


def test_failed_push_is_made_good_by_the_next_call(git, store, make_result, remote):
    store.write(make_result())
    remote.rename(remote.with_name("away"))
    assert commit(git, store, push=True).pushed is False
    remote.with_name("away").rename(remote)
    assert commit(git, store, push=True).pushed is True
    assert git("rev-parse", BRANCH, cwd=remote) == git("rev-parse", BRANCH)


def test_fresh_clone_goes_on_from_the_branch_of_the_remote(
    git, store, make_result, remote, tmp_path
):
    store.write(make_result())
    commit(git, store, push=True)
    git("push", "--quiet", "origin", "main")
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(remote), str(clone))
    other = ResultStore(clone / "results")
    other.write(make_result(host="other"))
    assert commit_results(other.root, clone, push=True).pushed is True
    assert len(files_on(git, "HEAD")) == 1
    assert len(git("ls-tree", "-r", "--name-only", BRANCH, cwd=remote).split()) == 2


def test_linked_worktree_is_a_checkout_too(git, make_result, tmp_path):
    git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "linked"))
    store = ResultStore(tmp_path / "linked" / "results")
    store.write(make_result())
    assert commit_results(store.root, tmp_path / "linked").commits
    assert files_on(git)


def test_credentials_are_cut_from_what_git_says():
    said = "fatal: 'https://u:p@h/x' and ssh://git@h/y and HTTP://t@h"
    assert without_credentials(said) == "fatal: 'https://h/x' and ssh://h/y and HTTP://h"
