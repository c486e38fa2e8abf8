"""The command line as a whole."""

import subprocess
import sys

import pytest

from vttbench import __version__, cli
from vttbench.cli import main
from vttbench.cli.errors import UserError
from vttbench.result import ResultError
from vttbench.store import StoreError


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def test_version_is_printed(capsys):
    assert run(capsys, "--version") == (0, f"vttbench {__version__}\n", "")


def test_help_lists_the_commands_and_the_way_to_completion(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for word in ("report", "ship", "import", "models", "runs", "--install-completion"):
        assert word in out


@pytest.mark.parametrize("command", ["report", "import"])
def test_help_of_a_command_teaches_by_example(capsys, command):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0
    assert out.count(f"• vttbench {command}") >= 3
    assert "Exit status" in out


def test_unknown_command_and_missing_argument_are_wrong_usage(capsys):
    for arguments in (["bogus"], ["import"], ["report", "--diff", "a"]):
        status, _, err = run(capsys, *arguments)
        assert status == 2
        assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("wrong"), 2),
        (UserError("nothing there", status=1), 1),
        (ResultError("broken"), 1),
        (StoreError("full"), 1),
    ],
)
def test_known_errors_are_one_line(capsys, monkeypatch, error, status):
    def fail(_):
        raise error

    monkeypatch.setattr(cli, "app", fail)
    assert run(capsys, "x") == (status, "", f"vttbench: {error}\n")


def test_unforeseen_error_keeps_its_traceback(monkeypatch):
    def fail(_):
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(ZeroDivisionError):
        main(["x"])


def test_module_runs_as_a_program_and_offers_completion():
    ended = subprocess.run(
        [sys.executable, "-m", "vttbench", "--version"], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, f"vttbench {__version__}\n")


def test_closed_pipe_is_no_traceback(tmp_path):
    (tmp_path / "results").mkdir()
    command = f"{sys.executable} -m vttbench --help | true"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in ended.stderr
