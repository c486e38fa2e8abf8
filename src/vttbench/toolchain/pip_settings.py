"""Where pip looks for packages on this machine.

Whoever sits behind a mirror, a proxy or a certificate authority of their own has told pip about
it, in one of four configuration files or in the environment. Reading all of these again would be
our own, worse copy of pip, so pip is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

# Option names are pip's command line, which is stable; the one function has been there since 19.3.
_ASK = """
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args([])
print(json.dumps({
    "indexes": [] if options.no_index else [options.index_url, *options.extra_index_urls],
    "find_links": options.find_links,
    "cert": options.cert,
    "proxy": options.proxy or None,
    "timeout_s": options.timeout,
    "trusted_hosts": options.trusted_hosts,
}))
"""


class PipSettingsError(RuntimeError):
    """Pip could not be asked."""


@dataclass(frozen=True)
class PipSettings:
    """What pip would use for a download.

    Attributes:
        indexes: base addresses of package indexes, first choice first; empty with ``--no-index``.
        find_links: folders or addresses that hold packages.
        cert: file of certificates to trust, if not the system's.
        proxy: address of a proxy, if not the environment's.
        timeout_s: seconds of silence after which a connection is given up.
        trusted_hosts: hosts, with or without port, whose certificate isn't checked.
    """

    indexes: tuple[str, ...]
    find_links: tuple[str, ...] = ()
    cert: str | None = None
    proxy: str | None = None
    timeout_s: float = 15.0
    trusted_hosts: tuple[str, ...] = ()


def ask_pip(python: str = sys.executable) -> PipSettings:
    """Ask the pip of an interpreter for its settings.

    Args:
        python: interpreter whose pip is asked; by default the one that runs this.

    Raises:
        PipSettingsError: that interpreter has no pip, or its pip has another shape.
    """
    done = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise PipSettingsError(f"{python}: pip does not say where it finds packages: {last[0]}")
    answer = json.loads(done.stdout)
    return PipSettings(
        indexes=tuple(answer["indexes"]),
        find_links=tuple(answer["find_links"]),
        cert=answer["cert"],
        proxy=answer["proxy"],
        timeout_s=float(answer["timeout_s"]),
        trusted_hosts=tuple(answer["trusted_hosts"]),
    )
