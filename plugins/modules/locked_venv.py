"""Module ``locked_venv``: a virtual environment that is whole, or is not there."""

from __future__ import annotations

DOCUMENTATION = r"""
module: locked_venv
short_description: A virtual environment from hash-locked requirements, whole or not at all
description:
  - Makes a virtual environment and installs exactly what a requirements file with hashes names.
  - A mark is written last. An environment without it is what an interrupted installation left behind; it is
    removed and made anew, so that half an environment is never taken for a whole one.
  - Packages come from where the host's own pip finds them, whatever its configuration says (index, more
    indexes, folders, proxy, certificates). Where the requirements name C(uv), it installs the rest, with
    pip's settings, in a third of the time; should it fail, pip does it.
options:
  path:
    description:
      - Folder of the environment. Choose another one for other requirements, so that what runs from the old one
        is not disturbed.
    type: path
    required: true
  requirements:
    description: Requirements file on the host; every line with its hashes.
    type: path
    required: true
  python:
    description: Interpreter that the environment is made with; it needs the modules C(venv) and C(ensurepip).
    type: path
    default: /usr/bin/python3
attributes:
  check_mode:
    support: full
    description: Says whether the environment would be made.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Install MLflow beside the one that runs
  locked_venv:
    path: /opt/vttbench/mlflow/3.17.2-py3.11-0a1b2c3d
    requirements: /opt/vttbench/mlflow/requirements.txt
"""

RETURN = r"""
installer:
  description: V(uv) or V(pip).
  type: str
  returned: when it was made
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

_MARK = "vttbench-complete.json"
# Four configuration files and the environment decide: pip is asked instead of read again by us.
_ASK_PIP = """
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args([])
print(json.dumps({
    "indexes": [] if options.no_index else [options.index_url, *options.extra_index_urls],
    "find_links": options.find_links, "cert": options.cert, "proxy": options.proxy,
    "timeout": options.timeout, "trusted_hosts": options.trusted_hosts,
}))
"""
_KEPT_CHARACTERS = 2000


def main() -> None:
    """Make the environment if it is not whole."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "requirements": {"type": "path", "required": True},
            "python": {"type": "path", "default": "/usr/bin/python3"},
        },
        supports_check_mode=True,
    )
    path, python = Path(module.params["path"]), module.params["python"]
    requirements = Path(module.params["requirements"])
    if module.check_mode and not requirements.is_file():
        module.exit_json(changed=True)
    wanted = {"requirements_sha256": hashlib.sha256(requirements.read_bytes()).hexdigest()}
    if _mark(path) == wanted:
        module.exit_json(changed=False)
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        installer = _make(path, python, requirements)
        _write_mark(path, wanted)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip()[-_KEPT_CHARACTERS:]
        module.fail_json(msg=f"{' '.join(map(str, error.cmd[:4]))} ... failed: {said}")
    except OSError as error:
        module.fail_json(msg=f"{path}: {error}")
    module.exit_json(changed=True, installer=installer)


def _mark(path: Path) -> object:
    try:
        return json.loads((path / _MARK).read_text())
    except (OSError, ValueError):
        return None


def _write_mark(path: Path, wanted: dict[str, str]) -> None:
    # After everything else is on the disk: a power cut must not leave the mark alone.
    os.sync()
    partial = path / f"{_MARK}.partial"
    partial.write_text(json.dumps(wanted))
    partial.replace(path / _MARK)


def _make(path: Path, python: str, requirements: Path) -> str:
    if path.exists():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _run(python, "-m", "venv", str(path))
    inner = str(path / "bin" / "python")
    installer = _installer_lines(requirements.read_text())
    if installer:
        first = path / "installer.txt"
        first.write_text(installer)
        _pip(inner, first)
        try:
            environ = _uv_environment(inner, str(path))
            _run(
                *(str(path / "bin" / "uv"), "pip", "install", "--quiet", "--require-hashes"),
                *("--no-cache", "--compile-bytecode", "-r", str(requirements)),
                env=environ,
            )
        except subprocess.CalledProcessError:
            # Whatever uv can't do as pip does it: key rings, client certificates, .netrc ...
            pass
        else:
            return "uv"
    _pip(inner, requirements)
    return "pip"


def _pip(python: str, requirements: Path) -> None:
    _run(
        *(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-cache-dir", "--require-hashes", "-r", str(requirements)),
    )


def _installer_lines(text: str) -> str:
    """Return the part of a requirements file that names uv, with its hashes; "" for none."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith("uv==") or (found and line.lstrip().startswith("--hash")):
            found.append(line)
        elif found:
            break
    return "\n".join(found) + "\n" if found else ""


def _uv_environment(python: str, path: str) -> dict[str, str]:
    """Return the environment in which uv looks where pip looks."""
    said = json.loads(_run(python, "-c", _ASK_PIP))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    environ |= {"VIRTUAL_ENV": path, "UV_HTTP_TIMEOUT": str(max(180, int(said["timeout"])))}
    # uv takes the first index that knows a package, pip the best of all of them.
    environ["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if said["indexes"]:
        environ["UV_DEFAULT_INDEX"] = said["indexes"][0]
        environ["UV_INDEX"] = " ".join(said["indexes"][1:])
    else:
        environ["UV_NO_INDEX"] = "1"
    environ["UV_FIND_LINKS"] = ",".join(said["find_links"])
    environ["UV_INSECURE_HOST"] = " ".join(said["trusted_hosts"])
    if said["cert"]:
        environ["SSL_CERT_FILE"] = said["cert"]
    else:
        environ["UV_SYSTEM_CERTS"] = "1"  # a company's own authority is known to the system
    if said["proxy"]:
        environ |= {"HTTP_PROXY": said["proxy"], "HTTPS_PROXY": said["proxy"]}
    return {name: value for name, value in environ.items() if value}


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return done.stdout


if __name__ == "__main__":
    main()
