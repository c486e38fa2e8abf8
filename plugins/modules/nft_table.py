#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""Load one nftables table so that a mistake undoes itself; runs on the host, under the action firewall."""

DOCUMENTATION = r"""
module: nft_table
short_description: Load the table of the firewall on trial, keep it, or remove it
description:
  - The worker of the action M(firewall) on the host; use that one.
  - Rules are loaded in one transaction, on trial. A systemd timer puts the kept ones back unless O(phase=keep) follows
    in time. Only kept rules are written to disk, so a reboot undoes a trial too.
options:
  phase:
    description:
      - V(look) returns what the host says about itself and changes nothing.
      - V(check) has nftables read the rules and changes nothing.
      - V(try) loads them on trial, V(keep) keeps what is on trial, V(remove) deletes the table and its files.
    type: str
    choices: [look, check, try, keep, remove]
    required: true
  rules:
    description: A file for C(nft -f) whose table's comment holds the digest of the rules. For V(check), V(try), V(keep).
    type: str
    default: ""
  names:
    description: Names of hosts to look up, for V(look).
    type: list
    elements: str
    default: []
  revert_after:
    description: Seconds that a trial lasts.
    type: int
    default: 60
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: See which ports SSH listens on
  nft_table:
    phase: look
"""

RETURN = r"""
look:
  description: For V(look), output of the programs that were asked, by name, and what names were found to mean.
  type: dict
  returned: when looking
"""

import hashlib
import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

TABLE = ["inet", "vttbench"]
RULES = Path("/etc/vttbench/firewall/rules.nft")
SEEN = Path("/var/lib/vttbench/firewall/loaded.sha256")
TRIAL = Path("/run/vttbench-firewall")
TIMER = "vttbench-firewall-revert"
DELETE = "add table inet vttbench\ndelete table inet vttbench\n"
ENVIRONMENT = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL": "C"}


def call(*argv: str) -> tuple[int, str, str]:
    """Return exit status, output and errors of a program; 127 if there is none."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env=ENVIRONMENT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def read(path: Path) -> str:
    """Return the text of a file; empty if there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def write(path: Path, text: str, folder_mode: int = 0o755) -> None:
    """Replace a file as a whole, for root alone, and have it on disk before returning."""
    path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def loaded() -> str:
    """Return our table as the kernel has it now, without counters; empty if there is none."""
    return call("nft", "-s", "list", "table", *TABLE)[1]


def fingerprint(text: str) -> str:
    """Return a hash of the table as listed, which also tells what somebody changed by hand."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest(text: str) -> str:
    """Return the digest in the table's comment."""
    found = re.search(r'comment "sha256:([0-9a-f]{64})"', text)
    return found.group(1) if found else ""


def look_up(name: str) -> list[str]:
    """Return the addresses of a host by its name."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(item[4][0]).split("%")[0] for item in found})


def look(module: AnsibleModule) -> None:
    """Return what the controller needs to know before it makes rules."""
    now = loaded()
    module.exit_json(
        changed=False,
        look={
            "nft": call("nft", "--version")[0] == 0,
            "loaded": digest(now),
            "untouched": bool(now) and fingerprint(now) == read(SEEN).strip(),
            "kept": read(RULES),
            "sshd": call("sshd", "-T")[1],
            "sockets": call("ss", "-Hltunp")[1],
            "proxmox": Path("/usr/bin/pveversion").exists(),
            "corosync": read(Path("/etc/pve/corosync.conf")),
            "names": {name: look_up(name) for name in module.params["names"]},
        },
    )


def check(module: AnsibleModule, text: str) -> str:
    """Have nftables read the rules, and return the file that they are in."""
    candidate = TRIAL / "candidate.nft"
    write(candidate, text, folder_mode=0o700)
    status, _, err = call("nft", "-c", "-f", str(candidate))
    if status != 0:
        module.fail_json(msg=f"nftables refuses the rules, so nothing was changed: {err.strip()}")
    return str(candidate)


def stop_timers(but: str = "") -> None:
    """Stop every timer that would undo a trial."""
    out = call("systemctl", "list-units", "--all", "--plain", "--no-legend", f"{TIMER}*.timer")[1]
    for line in out.splitlines():
        unit = line.split()[0]
        if unit != but:
            call("systemctl", "stop", unit)


def try_out(module: AnsibleModule, text: str) -> None:
    """Load the rules, with a timer behind them that puts the kept ones back."""
    candidate = check(module, text)
    back = TRIAL / "revert.nft"
    write(back, read(RULES) or DELETE)
    unit = f"{TIMER}-{digest(text)[:12]}-{os.getpid()}"
    armed, _, err = call(
        *("systemd-run", "--quiet", "--collect", f"--unit={unit}"),
        "--description=Put the last firewall rules back",
        *(f"--on-active={module.params['revert_after']}s", "--timer-property=AccuracySec=100ms"),
        *("nft", "-f", str(back)),
    )
    if armed != 0:
        module.fail_json(msg=f"nothing was changed, for no timer could be set: {err.strip()}")
    stop_timers(but=f"{unit}.timer")
    status, _, err = call("nft", "-f", candidate)
    if status != 0:
        stop_timers()
        module.fail_json(msg=f"nftables could not load the rules; the last ones stay: {err}")
    module.exit_json(changed=True)


def keep(module: AnsibleModule, text: str) -> None:
    """Keep the rules on trial, if they are still what the kernel has."""
    stop_timers()
    now = loaded()
    if digest(now) != digest(text):
        module.exit_json(changed=False, kept=False)
    write(RULES, text)
    write(SEEN, fingerprint(now) + "\n")
    module.exit_json(changed=True, kept=True)


def remove(module: AnsibleModule) -> None:
    """Delete the table and its files."""
    there = [path for path in (RULES, SEEN) if path.exists()]
    now = loaded()
    if not module.check_mode:
        stop_timers()
        if now:
            status, _, err = call("nft", "delete", "table", *TABLE)
            if status != 0:
                module.fail_json(msg=f"the table could not be deleted: {err.strip()}")
        for path in there:
            path.unlink()
    module.exit_json(changed=bool(there or now))


def main() -> None:
    """Do what the phase says."""
    phases = ["look", "check", "try", "keep", "remove"]
    module = AnsibleModule(
        argument_spec={
            "phase": {"type": "str", "required": True, "choices": phases},
            "rules": {"type": "str", "default": ""},
            "names": {"type": "list", "elements": "str", "default": []},
            "revert_after": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    phase, rules = module.params["phase"], module.params["rules"]
    if phase == "look":
        look(module)
    elif phase == "remove":
        remove(module)
    elif not digest(rules):
        module.fail_json(msg="rules hold no table with a digest in its comment")
    elif phase == "check" or module.check_mode:
        check(module, rules)
        module.exit_json(changed=False)
    elif phase == "try":
        try_out(module, rules)
    else:
        keep(module, rules)


if __name__ == "__main__":
    main()
