"""A room of this package as one file."""

import subprocess
import sys
import zipfile

import pytest

from vttbench.toolchain.program_archive import program_archive


def test_runs_where_the_rest_of_the_package_is_not_installed(tmp_path):
    program = program_archive("backup", tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", program, "--help"], capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert "vttbench-backup" in done.stdout
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import vttbench.backup;"
        "print(vttbench.__file__)"
    )
    where = subprocess.run(
        [sys.executable, "-I", "-c", code, program], capture_output=True, text=True, cwd="/"
    )
    assert where.stdout.startswith(str(program))


def test_holds_nothing_but_its_room(tmp_path):
    with zipfile.ZipFile(program_archive("backup", tmp_path)) as archive:
        names = set(archive.namelist())
    assert {"__main__.py", "vttbench/__init__.py", "vttbench/backup/__main__.py"} <= names
    assert not {name for name in names if not name.startswith("vttbench/backup/")} - {
        "__main__.py",
        "vttbench/__init__.py",
    }


def test_the_same_sources_give_the_same_bytes(tmp_path):
    first = program_archive("backup", tmp_path / "a").read_bytes()
    assert program_archive("backup", tmp_path / "b").read_bytes() == first


@pytest.mark.parametrize("room", ["nothing", "postgresql", "../tests"])
def test_refuses_what_is_no_program(tmp_path, room):
    with pytest.raises(ValueError, match="no room"):
        program_archive(room, tmp_path)
