# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``synthetic_model``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: synthetic_model
short_description: Make a synthetic GGUF model on the controller, and see whether a host has it
description:
  - Writes a model of a given shape with random weights into a folder of the controller, unless the
    very same model is there already.
  - Looks whether the host has a file of that name and size. It copies nothing.
options:
  like:
    description: Shape of the model, one of C(vttbench models presets).
    type: str
    required: true
  quant:
    description: Type of the weights.
    type: str
    default: Q4_0
  seed:
    description: The same seed gives the same bytes.
    type: int
    default: 1
  folder:
    description: Folder on the controller; it is made if need be.
    type: path
    required: true
  host_folder:
    description: Folder on the host. C(~/) is the home of the user there.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Writes nothing, and says whether it would.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Make the synthetic model on the controller
  synthetic_model:
    like: smollm-135m
    folder: ~/.cache/vttbench/models
    host_folder: ~/.cache/vttbench/models
  register: model
"""

RETURN = r"""
path:
  description: The file on the controller.
  type: str
  returned: always
size_bytes:
  description: Its size, 0 in check mode where it is not made yet.
  type: int
  returned: always
host_path:
  description: Absolute path of the file on the host, whether it is there or not.
  type: str
  returned: always
on_host:
  description: Whether the host has a file of that name and size.
  type: bool
  returned: always
"""
