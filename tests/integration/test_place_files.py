"""The module that brings the files of a role, run by Ansible on this machine."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ME = pwd.getpwuid(os.getuid()).pw_name
OURS = grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def place(tmp_path: Path):
    """Return a function that brings files and returns what Ansible says of it."""

    def run(*files: dict[str, Any], check: bool = False, ok: bool = True) -> dict[str, Any]:
        wanted = [{"owner": ME, "group": OURS, **one} for one in files]
        task = {"name": "Bring them", "place_files": {"files": wanted}, "register": "said"}
        show = {"name": "Say it", "ansible.builtin.copy": {"content": "{{ said | to_json }}",
                "dest": str(tmp_path / "said.json")}, "check_mode": False}  # fmt: skip
        play = [
            {
                "name": "Try it",
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [task | {"ignore_errors": True}, show],
            }
        ]
        playbook = tmp_path / "play.yml"
        playbook.write_text(yaml.safe_dump(play))
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                str(playbook),
                *(["--check"] if check else []),
                *("--diff", "-vvv"),
            ],
            cwd=ROOT,
            env=os.environ
            | {"ANSIBLE_INVENTORY": "inventory/local", "VTTBENCH_MLFLOW_ENABLED": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said: dict[str, Any] = json.loads((tmp_path / "said.json").read_text())
        assert bool(said.get("failed")) is not ok, said
        return said

    return run


def test_what_is_missing_comes_in_order_and_a_second_time_nothing_changes(place, tmp_path):
    folder, file = tmp_path / "a" / "etc", tmp_path / "a" / "etc" / "settings"
    wanted = (
        {"path": str(folder), "state": "directory", "mode": "0750"},
        {
            "path": str(file),
            "content": "a = 1\n# é {{ no_template }}\n".replace("{{ ", "{").replace(" }}", "}"),
            "mode": "0640",
        },
    )
    assert place(*wanted, check=True)["paths"] == [str(folder), str(file)]
    assert not folder.exists()
    said = place(*wanted)
    assert said["changed"]
    assert said["paths"] == [str(folder), str(file)]
    assert file.read_text() == wanted[1]["content"]
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o750, 0o640)
    again = place(*wanted)
    assert not again["changed"]
    assert again["paths"] == []


def test_only_what_differs_is_said_to_change_and_a_dry_run_changes_nothing(place, tmp_path):
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    one.write_text("same\n")
    two.write_text("old\n")
    three.write_text("same\n")
    one.chmod(0o644)
    three.chmod(0o600)
    wanted = [{"path": str(path), "content": text}
              for path, text in ((one, "same\n"), (two, "new\n"), (three, "same\n"))]  # fmt: skip
    said = place(*wanted, check=True)
    assert said["paths"] == [str(two), str(three)]
    assert two.read_text() == "old\n"
    assert three.stat().st_mode & 0o777 == 0o600
    said = place(*wanted)
    assert said["paths"] == [str(two), str(three)]
    assert {"before": "old\n", "after": "new\n"}.items() <= said["diff"][0].items()
    assert two.read_text() == "new\n"
    assert three.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_what_a_link_points_to_is_left_alone(place, tmp_path):
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "link"
    elsewhere.write_text("theirs\n")
    link.symlink_to(elsewhere)
    place({"path": str(link), "content": "ours\n"})
    assert elsewhere.read_text() == "theirs\n"
    assert not link.is_symlink()
    assert link.read_text() == "ours\n"


def test_what_is_not_wanted_goes_but_never_a_folder(place, tmp_path):
    file, folder = tmp_path / "key", tmp_path / "keys"
    file.write_text("secret")
    folder.mkdir()
    (folder / "key").write_text("secret")
    assert place({"path": str(file), "state": "absent"})["paths"] == [str(file)]
    assert not file.exists()
    assert not place({"path": str(file), "state": "absent"})["changed"]
    said = place({"path": str(folder), "state": "absent"}, ok=False)
    assert said["msg"] == f"{folder}: is a folder, and only files are removed"
    assert (folder / "key").exists()


def test_a_mistake_names_the_path_and_leaves_nothing_behind(place, tmp_path):
    file = tmp_path / "nowhere" / "file"
    said = place({"path": str(file), "content": "x"}, ok=False)
    assert said["msg"] == f"{file}: No such file or directory"
    file = tmp_path / "file"
    said = place({"path": str(file), "content": "x", "owner": "nobody-of-that-name"}, ok=False)
    assert "nobody-of-that-name" in said["msg"]
    assert not file.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".file")] == []
    said = place({"path": str(file)}, ok=False)
    assert "content" in said["msg"]
