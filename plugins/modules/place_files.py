"""Module ``place_files``: the files and folders of a role, in one go."""

from __future__ import annotations

DOCUMENTATION = r"""
module: place_files
short_description: The files and folders of a role, in one go
description:
  - Has files and folders be there with their content, owner and mode, or not be there.
  - Says for each what M(ansible.builtin.copy), M(ansible.builtin.template) and M(ansible.builtin.file) say for one.
    Those start two programs on the host for each file, which takes most of a second however little there is to do.
  - Each file appears whole and with its owner and mode, or stays as it was. They are brought in the order of the list.
options:
  files:
    description: What is to be where.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: >-
          Absolute path. The folder around a file has to exist, or to stand before it in the list; folders around a folder
          are made.
        type: path
        required: true
      content:
        description: >-
          Text of a file, as C(lookup('ansible.builtin.template', ...)) or C(lookup('ansible.builtin.file', ...,
          rstrip=false)) give it. Required for V(file).
        type: str
      state:
        description: V(absent) removes a file or a link, and nothing else.
        type: str
        choices: [file, directory, absent]
        default: file
      owner:
        description: Name of the account that it belongs to.
        type: str
        default: root
      group:
        description: Name of the group that it belongs to.
        type: str
        default: root
      mode:
        description: Octal, as text. V(0644) for a file and V(0755) for a folder where nothing is said.
        type: str
attributes:
  check_mode:
    support: full
    description: Says what would be brought.
  diff_mode:
    support: full
    description: Shows content before and after.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Write unit and settings
  place_files:
    files:
      - {path: /etc/vttbench/mlflow, state: directory}
      - path: /etc/vttbench/mlflow/environment
        content: "{{ lookup('ansible.builtin.template', 'environment.j2') }}"
        group: mlflow
        mode: "0640"
  no_log: true
"""

RETURN = r"""
paths:
  description: What was not as it should be.
  type: list
  elements: str
  returned: success
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

_MODES = {"file": "0644", "directory": "0755"}


def main() -> None:
    """Bring them one after another."""
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "content": {"type": "str"},
                    "state": {
                        "type": "str",
                        "choices": ["file", "directory", "absent"],
                        "default": "file",
                    },
                    "owner": {"type": "str", "default": "root"},
                    "group": {"type": "str", "default": "root"},
                    "mode": {"type": "str"},
                },
                "required_if": [("state", "file", ["content"])],
            },
        },
        supports_check_mode=True,
        # The host's journal would keep the content of every file.
        no_log=True,
    )
    brought, differences = [], []
    for wanted in module.params["files"]:
        path = Path(wanted["path"])
        try:
            change = _BRING[wanted["state"]](module, path, wanted)
        except OSError as error:
            module.fail_json(msg=f"{path}: {error.strerror}", paths=brought)
        if change is not None:
            brought.append(str(path))
            differences.append(
                {"before_header": str(path), "after_header": str(path)} | change  # for --diff
            )
    module.exit_json(changed=bool(brought), paths=brought, diff=differences)


def _bring_file(module: AnsibleModule, path: Path, wanted: dict[str, Any]) -> dict[str, str] | None:
    content = wanted["content"].encode()
    if path.is_dir() and not path.is_symlink():
        module.fail_json(msg=f"{path}: there is a folder of that name")
    # What a link points to is not ours to write.
    before = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    if before == content:
        return _look_after(module, path, wanted)
    if not module.check_mode:
        _write(module, path, content, wanted)
    return {"before": (before or b"").decode(errors="replace"), "after": wanted["content"]}


def _write(module: AnsibleModule, path: Path, content: bytes, wanted: dict[str, Any]) -> None:
    # Nobody reads what is meant for somebody else: its name comes last.
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _look_after(module, Path(temporary), wanted)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _bring_directory(
    module: AnsibleModule, path: Path, wanted: dict[str, Any]
) -> dict[str, str] | None:
    if path.is_dir():
        return _look_after(module, path, wanted)
    if not module.check_mode:
        for missing in reversed([one for one in path.parents if not one.exists()]):
            missing.mkdir()
            missing.chmod(0o755)  # whatever the umask
        path.mkdir(mode=0o700)
        _look_after(module, path, wanted)
    return {"before": "", "after": "a folder\n"}


def _remove(module: AnsibleModule, path: Path, _wanted: dict[str, Any]) -> dict[str, str] | None:
    if not os.path.lexists(path):
        return None
    if path.is_dir() and not path.is_symlink():
        module.fail_json(msg=f"{path}: is a folder, and only files are removed")
    if not module.check_mode:
        path.unlink()
    return {"before": "a file\n", "after": ""}


def _look_after(module: AnsibleModule, path: Path, wanted: dict[str, Any]) -> dict[str, str] | None:
    """Have owner and mode be as they should be; return None where they were."""
    arguments = module.load_file_common_arguments(
        {name: wanted[name] for name in ("owner", "group")}
        | {"mode": wanted["mode"] or _MODES[wanted["state"]]},
        path=str(path),
    )
    if not module.set_fs_attributes_if_different(arguments, False):
        return None
    return {"before": "other owner or mode\n", "after": "owner and mode as wanted\n"}


_BRING = {"file": _bring_file, "directory": _bring_directory, "absent": _remove}


if __name__ == "__main__":
    main()
