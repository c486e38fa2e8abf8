"""A room of ``vttbench`` as one file that runs on a host."""

from __future__ import annotations

DOCUMENTATION = """
name: program_archive
short_description: A part of vttbench as one file that runs on a host
description:
  - Writes a room of C(vttbench) that has a C(__main__) as a zip file that Python runs, and returns
    its path on the controller. The same sources give the same bytes.
options:
  _terms:
    description: Name of the room, such as V(backup).
    required: true
  folder:
    description: Folder on the controller that the file is written to.
    type: path
    default: ~/.cache/vttbench/programs
author: VTT hardware benchmarks
"""

EXAMPLES = """
- ansible.builtin.copy:
    src: "{{ lookup('program_archive', 'backup') }}"
    dest: /opt/vttbench/backup/backup.pyz
    mode: "0644"
"""

RETURN = """
_raw:
  description: Path of the file on the controller.
  type: list
  elements: path
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from vttbench.toolchain.program_archive import program_archive


class LookupModule(LookupBase):
    """Write programs and name their paths."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[str]:
        """Return one path for each room in terms."""
        self.set_options(var_options=variables, direct=options)
        folder = Path(str(self.get_option("folder"))).expanduser()
        try:
            return [str(program_archive(term, folder)) for term in terms]
        except (OSError, ValueError) as error:
            raise AnsibleLookupError(f"program {', '.join(terms)}: {error}") from error
