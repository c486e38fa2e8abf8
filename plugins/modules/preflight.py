# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``preflight``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: preflight
short_description: Make sure that a host is fit to be measured
description:
  - Waits until the host has been quiet for some seconds and no longer cools down, then asks whether it runs on mains
    power, what its power profile and governor are, how much memory and disk are free, whether it swaps, whether
    others use its graphics processor, and whether another run holds its lock.
  - Sets the fact C(vttbench_preflight), which becomes part of every result of the run.
  - Works through the connection alone. The host needs neither Python nor root, and what it can't tell is C(absent).
options:
  profile:
    description: Decides the defaults of O(policy), O(idle_wait) and O(idle_seconds).
    type: str
    choices: [quick, standard, full]
    default: standard
  policy:
    description:
      - What happens where a check finds something, by the check's name - V(warn), V(fail), or V(ignore), which leaves
        the check out.
      - The checks are C(idle), C(temperature), C(mains), C(power_profile), C(load), C(memory), C(swap), C(disk),
        C(work_dir), C(gpu_users) and C(lock).
      - Default is V(warn), but V(fail) for C(lock); in the profile V(standard) also for C(mains) and C(disk); in the
        profile V(full) also for C(idle).
    type: dict
    default: {}
  idle_wait:
    description: Seconds to wait for an idle host. Default is 20, 120 or 600, by profile.
    type: float
  idle_seconds:
    description: For how many seconds the host must have been quiet. Default is 3, 5 or 10, by profile.
    type: float
  idle_cpu_cores:
    description: Cores that may be busy on a quiet host, mean over O(idle_seconds).
    type: float
    default: 0.2
  disk_gb:
    description: Room that is needed in O(work_dir), in GB.
    type: float
    default: 4
  memory_gb:
    description: Memory that must be available, in GB.
    type: float
    default: 1
  work_dir:
    description: Folder on the host that benchmarks work in. It need not be there yet.
    type: str
    default: ~/.cache/vttbench/work
  lock_path:
    description: The lock file on the host, see M(host_lock).
    type: str
    default: ~/.cache/vttbench/lock
attributes:
  check_mode:
    support: full
    description: Takes one short look, reports, waits for nothing and fails for nothing.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Make sure that the host is fit to be measured
  preflight:
    profile: standard
    policy:
      mains: warn
      gpu_users: ignore
"""

RETURN = r"""
ansible_facts:
  description: The fact C(vttbench_preflight).
  type: dict
  returned: always
  contains:
    vttbench_preflight:
      description: As C(preflight) in the schema of the result document - name, status, value and message of each check.
      type: list
"""
