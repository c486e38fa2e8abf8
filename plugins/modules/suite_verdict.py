# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``suite_verdict``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: suite_verdict
short_description: Fail for a host of which a benchmark failed, after everything else was done
description:
  - Reads the result documents of a suite and fails when the last one of any benchmark of this host is
    C(failed) or C(partial). What was C(skipped) or is C(unstable) is said and fails nothing.
  - So one failed benchmark stops no other, and the exit status of C(ansible-playbook) tells all the same.
options:
  suite_id:
    description: Which suite.
    type: str
    required: true
  results_dir:
    description: Folder of the results on the controller.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Says nothing, as nothing was measured.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Require that no benchmark of this host failed
  suite_verdict:
    suite_id: "{{ vttbench_suite.suite_id }}"
    results_dir: "{{ vttbench_suite.results_dir }}"
"""

RETURN = r"""
msg:
  description: How many results there are of each status, and one line for each benchmark that failed.
  type: str
  returned: always, but in check mode
counts:
  description: How many results there are of each status.
  type: dict
  returned: when no benchmark failed
"""
