# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``disk_room``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: disk_room
short_description: Say whether a disk of a Windows host can be measured in a folder
description:
  - Looks for the drive of a folder and for its free space. Changes nothing.
options:
  path:
    description: The folder, which need not exist yet.
    type: str
    required: true
  size:
    description: Size of the test file as fio writes it, such as V(4G).
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Looks as well, as nothing is changed.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Ask what drive that is
  disk_room:
    path: D:/bench
    size: 4G
  register: room
"""

RETURN = r"""
path:
  description: The folder as Windows writes it.
  type: str
  returned: always
refusal:
  description: Why the disk can't be measured there; empty if it can.
  type: str
  returned: always
"""
