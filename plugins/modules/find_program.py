# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``find_program``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: find_program
short_description: Find a program on a host and return its absolute path
description:
  - Looks through O(paths) and then through the host's PATH for the first of several names, and
    returns an absolute path, so that another program of the same name can't slip in later.
  - Sends one short command over the connection and no module. Changes nothing; works in check mode.
options:
  names:
    description: Names of the program, the preferred one first, such as V(7zz), V(7z), V(7za).
    type: list
    elements: str
    required: true
  paths:
    description: Folders that are looked through before PATH. C(~/) is the home of the user on the host.
    type: list
    elements: path
    default: []
  ask:
    description:
      - Arguments to run the program with when it is found, such as V(--version), for at most a minute.
        It also runs in check mode, so it must not change anything.
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: Looks as well, as nothing is changed.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Look for 7-Zip
  find_program:
    names: [7zz, 7z, 7za]
  register: sevenzip

- name: Look for llama-bench, and make sure that it runs
  find_program:
    names: [llama-bench]
    paths: [~/.cache/vttbench/bin]
    ask: [--version]
  register: llama_bench
  failed_when: llama_bench.answer.rc | default(0) != 0
"""

RETURN = r"""
found:
  description: Whether one of the names is there and executable.
  type: bool
  returned: always
path:
  description: Absolute path of the first that is there, or an empty text.
  type: str
  returned: always
answer:
  description: What the program said. Its C(rc), C(stdout) and C(stderr).
  type: dict
  returned: with O(ask), when the program is found
"""
