"""Progress records of PowerShell, which some versions write into stderr as XML.

They say nothing to a person (ansible/ansible 72991): left out of messages, kept in the raw file.
"""

from __future__ import annotations

import re

_RECORDS = re.compile(r"#< CLIXML\s*(<Objs\b.*?</Objs>\s*)*", re.DOTALL)
_ERRORS = re.compile(r'<S S="Error">(.*?)</S>', re.DOTALL)
_ESCAPES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def without_clixml(text: str) -> str:
    """Return the text without progress records; what is reported as errors stays, in plain."""
    return _RECORDS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    return "".join(_unescaped(error) for error in _ERRORS.findall(match[0]))


def _unescaped(text: str) -> str:
    text = re.sub(r"_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), text)
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    return text
