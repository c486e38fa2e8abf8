"""What is pinned of a tool that is built from source."""

from __future__ import annotations

DOCUMENTATION = """
name: toolchain_pin
short_description: Version, build number and commit of a tool that is built from source
description:
  - Says what C(vttbench toolchain llama-source --pin --json) says, without starting it.
options:
  _terms:
    description: Name of the tool. Only V(llama) has a pin.
    required: true
author: VTT hardware benchmarks
"""

EXAMPLES = """
- ansible.builtin.debug:
    msg: "{{ lookup('toolchain_pin', 'llama').commit }}"
"""

RETURN = """
_raw:
  description: The pin, with C(version), C(build_number), C(commit) and C(distribution).
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from vttbench.toolchain.pins import LLAMA


class LookupModule(LookupBase):
    """Tell what is pinned."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[dict[str, str | int]]:
        """Return one pin for each name."""
        unknown = set(terms) - {"llama"}
        if unknown:
            raise AnsibleLookupError(f"nothing is pinned of {', '.join(sorted(unknown))}")
        return [LLAMA.described() for _ in terms]
