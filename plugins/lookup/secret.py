"""A secret of the deployment: from the vault, or made once and kept on the controller."""

from __future__ import annotations

DOCUMENTATION = """
name: secret
short_description: A secret from the vault, else made once and kept on the controller
description:
  - Returns the variable C(vault_NAME) where it is defined and not empty.
  - Otherwise it reads the file NAME in O(folder), and makes it first if there is none - letters and
    digits, by M(ansible.builtin.password)'s own code, mode 0600 in a folder of mode 0700.
options:
  _terms:
    description: Name of the secret, such as C(postgresql_mlflow_password).
    required: true
  folder:
    description: Folder on the controller.
    type: path
    required: true
  length:
    description: Characters of a secret that is made here.
    type: int
    default: 32
author: VTT hardware benchmarks
"""

EXAMPLES = """
- ansible.builtin.set_fact:
    password: "{{ lookup('secret', 'minio_root_password', folder=ms01_secrets_dir, length=40) }}"
"""

RETURN = """
_raw:
  description: The secret.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Look a secret up; never print it."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[str]:
        """Return one secret for each name in terms."""
        self.set_options(var_options=variables, direct=options)
        folder = Path(str(self.get_option("folder"))).expanduser()
        return [self._secret(name, folder, variables or {}) for name in terms]

    def _secret(self, name: str, folder: Path, variables: dict[str, Any]) -> str:
        if f"vault_{name}" in variables:
            given = self._templar.template(variables[f"vault_{name}"])
            if given:
                return str(given)
        maker = lookup_loader.get("ansible.builtin.password", self._loader, self._templar)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (made,) = maker.run(
                [str(folder / name)],
                variables,
                length=int(self.get_option("length")),
                chars=["ascii_letters", "digits"],
            )
        except OSError as error:
            raise AnsibleLookupError(f"secret {name}: {error}") from error
        return str(made)
