# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``results_git``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: results_git
short_description: Commit results to a git branch of their own
description:
  - Commits the result documents that the branch does not hold yet, with their raw files, one commit a host.
  - The branch has a history of its own that holds nothing but results. The branch, index, files, hooks and
    configuration of whoever works in the checkout are not touched, whatever state they are in.
  - Runs on the controller. Never fails the play, because the results are on disk already. What did not work is
    a warning.
options:
  results_dir:
    description: Folder of the results on the controller. It must lie inside the checkout.
    type: path
    required: true
  checkout:
    description: A folder of the git checkout. Default is the one that this plugin lies in.
    type: path
  branch:
    description: Branch to commit to. It is made if there is none.
    type: str
    default: results/auto
  hosts:
    description: Only results of these hosts are committed. Default is all.
    type: list
    elements: str
  push:
    description: Whether the branch is pushed afterwards.
    type: bool
    default: false
  remote:
    description: Name of the remote to push to.
    type: str
    default: origin
attributes:
  check_mode:
    support: full
    description: Says what would be committed.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Commit the results and push them
  results_git:
    results_dir: "{{ suite.results_dir }}"
    push: true
  run_once: true
"""

RETURN = r"""
branch:
  description: The branch.
  type: str
  returned: always
commits:
  description: Host, sha, subject and documents of each commit.
  type: list
  returned: always
pushed:
  description: Whether the remote has the branch now. Null when no push was asked for.
  type: bool
  returned: always
msg:
  description: What was done, or why nothing could be.
  type: str
  returned: always
"""
