"""The PowerShell that Ansible puts on the command line, recognised by its content.

An emulator can't run PowerShell. It may only claim to know what a text does where it has been
reviewed: so every text is known by hash, and a new one is refused until somebody has read it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

REVIEWED = {
    # ansible-core 2.19.x and 2.20.x: executor/powershell/bootstrap_wrapper.ps1, blanks stripped.
    "2f39890f5fe6d1cc41d9ac0ea6fa105252b956792fd7827fdffbfdb0d64629ad": "ansible-core 2.19, 2.20",
    # ansible-core 2.21.x: the same, and can read its input from a file, which WinRM never does.
    "1c7c52c2333d153430b5a48ca7b5d13a430ee2238db636b1cf8461c9f99713bc": "ansible-core 2.21",
}

_ENCODED = re.compile(r"^powershell(?:\.exe)? .*-EncodedCommand\s+(\S+)\s*$", re.IGNORECASE)
_REMOVE = re.compile(r"^Remove-Item (?:-LiteralPath )?('?)(.+?)\1 -Force( -Recurse)?;?$")


# What Ansible's shell plugin puts around a text: strictness before it, its exit status behind it.
_STRICT = "Set-StrictMode -Version Latest\n"
_EXIT_STATUS = (
    "\nIf (-not $?) { If (Get-Variable LASTEXITCODE -ErrorAction SilentlyContinue) "
    "{ exit $LASTEXITCODE } Else { exit 1 } }"
)


class UnknownTextError(ValueError):
    """Not a command line that Ansible is known to send."""


@dataclass(frozen=True)
class Text:
    """PowerShell of a command line, decoded."""

    content: str

    @property
    def sha256(self) -> str:
        """Hash by which reviewed texts are known."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @property
    def is_bootstrap(self) -> bool:
        """Whether a manifest follows on standard input."""
        return self.sha256 in REVIEWED

    @property
    def looks_like_bootstrap(self) -> bool:
        """Whether this is how Ansible's bootstrap looks, reviewed or not."""
        return "$code.script" in self.content and "`0`0`0`0" in self.content

    @property
    def removed_path(self) -> str | None:
        """The path that is removed, where the text does that and nothing else."""
        found = _REMOVE.match(self.content.strip())
        return found[2].replace("''", "'") if found else None


def decode(line: str) -> Text:
    """Decode ``PowerShell ... -EncodedCommand ...``.

    Raises:
        UnknownTextError: it is something else.
    """
    found = _ENCODED.match(line)
    if not found:
        raise UnknownTextError(f"not an encoded PowerShell command: {line[:80]}")
    try:
        text = base64.b64decode(found[1]).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnknownTextError(f"the encoded command can't be decoded: {error}") from error
    return Text(text.removeprefix(_STRICT).rstrip("\n").removesuffix(_EXIT_STATUS))
