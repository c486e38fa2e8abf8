"""Files: what goes to a host and comes back is the same to the byte, and twice is once."""

from __future__ import annotations

import os

import pytest

from .ansible_runs import Ansible, Run, task


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("sent")
    (folder / "tree" / "below").mkdir(parents=True)
    (folder / "tree" / "a.txt").write_text("a")
    (folder / "tree" / "below" / "ü.bin").write_bytes(os.urandom(1000))
    # More than two pieces of what one request fetches.
    (folder / "large.bin").write_bytes(os.urandom(1_200_000))
    (folder / "empty").write_bytes(b"")
    (folder / "x.j2").write_text("{{ inventory_hostname }}: äöü €\n")
    return folder


@pytest.fixture(scope="module")
def runs(ansible: Ansible, sent) -> list[Run]:
    copy, found = "ansible.windows.win_copy", {"paths": [r"C:\bench"], "patterns": ["*.bin"]}
    tasks = [
        task("folder", "ansible.windows.win_file", path=r"C:\bench\x", state="directory"),
        task("text", copy, content="hello", dest=r"C:\bench\x\a.txt"),
        task("large", copy, src=f"{sent}/large.bin", dest=r"C:\bench\l.bin"),
        task("empty", copy, src=f"{sent}/empty", dest=r"C:\bench\empty"),
        task("tree", copy, src=f"{sent}/tree", dest=r"C:\bench\tree"),
        task("template", "ansible.windows.win_template", src=f"{sent}/x.j2", dest=r"C:\bench\t"),
        task("stat", "ansible.windows.win_stat", path=r"c:\BENCH\X\A.TXT"),
        task("slurp", "ansible.builtin.slurp", src=r"C:\bench\x\a.txt"),
        task("find", "ansible.windows.win_find", recurse=True, **found),
        task("fetch", "ansible.builtin.fetch", src=r"C:\bench\l.bin", dest=f"{sent}/", flat=True),
    ]
    return [ansible.play(tasks), ansible.play(tasks)]


def test_everything_works_the_first_time(runs):
    assert runs[0].returncode == 0, runs[0].output
    assert runs[0].stats["laptop"]["changed"] == 7


def test_nothing_changes_the_second_time(runs):
    assert runs[1].returncode == 0
    assert runs[1].stats["laptop"]["changed"] == 0


def test_a_large_file_comes_back_byte_for_byte(runs, sent):
    assert (sent / "l.bin").read_bytes() == (sent / "large.bin").read_bytes()


def test_a_folder_arrives_with_all_that_is_below_it(runs, laptop, sent):
    place = laptop.machine.drive.real(r"C:\bench\tree\tree\below\ü.bin")
    assert place.read_bytes() == (sent / "tree" / "below" / "ü.bin").read_bytes()


def test_names_have_no_case(runs):
    assert runs[0].of("stat")["stat"]["size"] == 5
    assert [f["filename"] for f in runs[0].of("find")["files"]] == ["l.bin", "ü.bin"]


def test_text_keeps_its_letters(runs, laptop):
    assert laptop.machine.drive.real(r"C:\bench\t").read_text() == "laptop: äöü €\n"


def test_a_full_disk_takes_no_file(laptop, ansible: Ansible):
    used = laptop.machine.drive.used_bytes
    laptop.machine.drive.used_bytes = laptop.machine.drive.size_bytes
    run = ansible.play(
        [
            task(
                "copy",
                "ansible.windows.win_copy",
                content="x" * 50,
                dest=r"C:\full.txt",
                _ignore_errors=True,
            )
        ]
    )
    laptop.machine.drive.used_bytes = used
    assert run.of("copy")["failed"]
    assert "not enough space on the disk" in str(run.of("copy"))
    assert not laptop.machine.drive.real(r"C:\full.txt").exists()


@pytest.mark.parametrize("path", [r"D:\x", r"C:\a<b", r"C:\what?", "C:\\be\bnch"])
def test_a_path_that_windows_does_not_know_is_refused(machine, path):
    with pytest.raises(ValueError, match=r"drive|Illegal characters"):
        machine.drive.real(path)


def test_nothing_leads_out_of_the_drive(machine):
    assert machine.drive.real(r"C:\..\..\etc") == machine.drive.folder / "etc"
