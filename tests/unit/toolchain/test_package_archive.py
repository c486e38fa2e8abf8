"""The package as one archive: same sources, same file, and it runs where it is unpacked."""

import subprocess
import sys
import tarfile

from vttbench.toolchain.package_archive import MARK, package_archive


def test_the_same_sources_give_the_same_bytes(tmp_path):
    first, second = package_archive(tmp_path / "a"), package_archive(tmp_path / "b")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_no_byte_code_travels_and_the_mark_comes_last(tmp_path):
    with tarfile.open(package_archive(tmp_path)) as archive:
        names = archive.getnames()
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert names[-1] == MARK


def test_what_is_unpacked_is_the_whole_program(tmp_path):
    with tarfile.open(package_archive(tmp_path)) as archive:
        archive.extractall(tmp_path / "there", filter="data")
    code = (
        "from vttbench.dashboard.pages import load_cards\n"
        "from vttbench.dashboard.pages.layout import OWN, read_layout\n"
        "load_cards()\n"
        "print(OWN, len(read_layout(OWN).pages))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path / "there")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "there"))
