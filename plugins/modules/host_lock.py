# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``host_lock``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: host_lock
short_description: Let one run at a time measure a host
description:
  - Takes a lock file on the host for this run of the playbook, or gives it back.
  - A lock that was left behind is taken over with a warning - when the host was restarted since, when the playbook
    that took it has ended (known where that was on this controller), or when it is older than its O(ttl). It is never
    taken over while a repeat of that run still works on the host.
  - Taking a lock that this run holds already makes it young again. Releasing one that it doesn't hold does nothing.
options:
  state:
    description: Whether this run shall hold the lock.
    type: str
    choices: [taken, released]
    default: taken
  path:
    description: The lock file on the host.
    type: str
    default: ~/.cache/vttbench/lock
  ttl:
    description: Seconds after which a lock that was neither released nor refreshed counts as left behind.
    type: float
    default: 21600
attributes:
  check_mode:
    support: full
    description: Says how the lock stands and takes nothing.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Take this host's lock
  host_lock:

- name: Give this host's lock back
  host_lock:
    state: released
"""

RETURN = r"""
verdict:
  description: One of C(mine), C(free), C(stale) and C(held).
  type: str
  returned: always
msg:
  description: The same in a sentence.
  type: str
  returned: always
"""
