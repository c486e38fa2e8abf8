# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``describe_host``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: describe_host
short_description: Collect what explains a difference between two machines
description:
  - Sets the fact C(vttbench_host), the part of every result that says which machine it came from - model, firmware
    and microcode versions, speed of the memory, power source, profile and limits, kernel and its parameters, graphics
    with drivers and versions, ROCm and Vulkan, the device behind the working folder.
  - Uses the facts of the host, and gathers them where they are missing. Everything else comes from one shell script
    that reads files and asks the tools that are installed. It needs no root and changes nothing; as root it can also
    tell the memory's speed and the machine's identity.
  - What the host can't tell is absent. Serial numbers are stored as a hash only.
options:
  fleet:
    description:
      - Group of machines that are meant to be identical, which the analysis compares with each other.
      - Default is the variable C(vttbench_fleet) or C(fleet) of the host.
    type: str
  work_dir:
    description: Folder on the host that benchmarks work in. The device behind it is described.
    type: str
    default: ~/.cache/vttbench/work
attributes:
  check_mode:
    support: full
    description: Reads only.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Describe the host
  describe_host:
    fleet: zbooks
"""

RETURN = r"""
ansible_facts:
  description: The fact C(vttbench_host).
  type: dict
  returned: always
  contains:
    vttbench_host:
      description: As C(host) in the schema of the result document.
      type: dict
"""
