# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``hold_still``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: hold_still
short_description: Keep a Windows host awake and undisturbed while it is measured
description:
  - Chooses a power plan, switches sleep off, pauses Windows Update, and lets Defender leave folders alone.
  - What was there before is written to a file on the host first, so that it can be put back after a run that
    was killed as well.
  - In check mode nothing is changed.
options:
  state:
    description: V(released) puts everything back; where nothing was changed, nothing is done.
    type: str
    choices: [held, released]
    default: held
  power_plan:
    description: Which plan is active meanwhile. Where the host does not have it, its own stays.
    type: str
    choices: [high, ultimate, balanced, keep]
    default: high
  keep_awake:
    description: Neither sleep nor hibernation on mains, also with the lid closed.
    type: bool
    default: true
  pause_updates:
    description: Pause Windows Update for a day at most, unless the user has paused it already.
    type: bool
    default: true
  defender_exclusion:
    description: Whether Defender leaves O(folders) alone.
    type: bool
    default: false
  folders:
    description: Folders for O(defender_exclusion).
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: none
    description: Changes nothing in check mode.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Keep this host awake and undisturbed
  hold_still:
    state: held
    power_plan: high

- name: Put back what was changed
  hold_still:
    state: released
"""

RETURN = r"""
msg:
  description: What was changed, in words.
  type: str
  returned: always
failures:
  description: What could not be changed, one sentence each.
  type: list
  returned: always
"""
