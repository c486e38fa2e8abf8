"""``vttbench`` itself as one archive that a host unpacks."""

from __future__ import annotations

DOCUMENTATION = """
name: package_archive
short_description: vttbench itself as one archive that a host unpacks
description:
  - Writes the package C(vttbench) of this checkout as a compressed tar file whose name ends in a
    hash of what is in it, and returns its path on the controller. The same sources give the same
    file.
options:
  _terms:
    description: None are needed.
  folder:
    description: Folder on the controller that the file is written to.
    type: path
    default: ~/.cache/vttbench/programs
author: VTT hardware benchmarks
"""

EXAMPLES = """
- ansible.builtin.unarchive:
    src: "{{ lookup('package_archive') }}"
    dest: /opt/vttbench/dashboard/program
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

from vttbench.toolchain.package_archive import package_archive


class LookupModule(LookupBase):
    """Write the archive and name its path."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[str]:
        """Return the path of the archive."""
        self.set_options(var_options=variables, direct=options)
        try:
            return [str(package_archive(Path(str(self.get_option("folder"))).expanduser()))]
        except OSError as error:
            raise AnsibleLookupError(f"vttbench can't be packed: {error}") from error
