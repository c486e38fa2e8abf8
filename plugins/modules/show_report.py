# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``show_report``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: show_report
short_description: Print the table of a suite's results as text that people read
description:
  - Runs C(vttbench report) on the controller and prints what it says as it is, not as a JSON string.
  - Never fails a play because a table could not be printed. The results are on disk all the same.
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
    description: Prints nothing, as nothing was measured.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Show the results
  show_report:
    suite_id: "{{ vttbench_suite.suite_id }}"
    results_dir: "{{ vttbench_suite.results_dir }}"
  run_once: true
"""

RETURN = r"""
lines:
  description: The table, line by line.
  type: list
  returned: always
"""
