# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``client_report``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: client_report
short_description: Print one table of what a client has and lacks for being measured
description:
  - Times 300 kB over the connection, compares the clocks, and adds what earlier tasks found. Changes nothing.
  - Fails where a benchmark could not be measured, with what to do about it.
options:
  unreachable:
    description: What the connection said where there is none; then nothing else is tried.
    type: str
    default: ""
  checks:
    description: Answers of the preflight.
    type: list
    elements: dict
    default: []
  programs:
    description: Tools, as C(title), C(path), C(said), C(wanted), C(advice) and C(can_install).
    type: list
    elements: dict
    default: []
  tracking_uri:
    description: What sessions of a Windows host should be told of MLflow; empty where there is no server.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Looks as well, as nothing is changed.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Say what is there and what is missing
  client_report:
    checks: "{{ ansible_facts.vttbench_preflight }}"
    programs: []
"""

RETURN = r"""
rows:
  description: The table, as C(what), C(state), C(found) and C(do).
  type: list
  returned: always
"""
