"""Shell text for POSIX hosts: built here, so that it can be read and tested in one place."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Mapping, Sequence

BEGIN = "VTTBENCH-BEGIN"
END = "VTTBENCH-END"


def write_file(name: str, content: bytes) -> str:
    """Return a command that writes bytes to a file in the current folder."""
    encoded = base64.b64encode(content).decode("ascii")
    return f"printf %s {encoded} | base64 -d >{shlex.quote(name)}"


def framed(script: str) -> str:
    """Put marks around what a script prints, since hosts greet (motd, sudo lectures, banners)."""
    return f"echo {BEGIN}; {{ {script}\n}}; status=$?; echo; echo {END}=$status"


def unframe(stdout: str) -> tuple[str, int] | None:
    """Return what stood between the marks and the script's exit status; None if not there."""
    match = re.search(rf"^{BEGIN}\n(.*?)\n?^{END}=(\d+)", stdout, re.DOTALL | re.MULTILINE)
    return (match[1], int(match[2])) if match else None


def command(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return a quoted command that runs with the C locale and the given environment.

    Tools print numbers and words in the user's language otherwise (hardinfo2/hardinfo2 263).
    """
    settings = {"LC_ALL": "C", "LANG": "C"} | dict(environment)
    words = ["env", *(f"{name}={value}" for name, value in settings.items()), *argv]
    return shlex.join(words)


def archive(names: Sequence[str], limit_bytes: int) -> str:
    """Return a command that prints the files of these names as a base64 tar archive.

    Files that aren't there are left out; what is larger than the limit is cut, and a file
    ``NAME.cut`` says so.
    """
    cut = (
        f'for f in {shlex.join(names)}; do [ -f "$f" ] || continue; '
        f'if [ "$(wc -c <"$f")" -gt {limit_bytes} ]; then '
        f'head -c {limit_bytes} "$f" >"$f.cut" && mv "$f.cut" "$f" && : >"$f.cut" && '
        f'set -- "$@" "$f.cut"; fi; set -- "$@" "$f"; done'
    )
    return f'set --; {cut}; [ $# -eq 0 ] || tar -cf - -- "$@" | base64'


def end_session(pid_file: str) -> str:
    """Return a command that ends the process whose id is in a file, and its whole session.

    First by TERM, which run.sh hands on to the tool; what is left after five seconds is killed.
    A zombie counts as ended: who should reap it may be slow, as in containers.
    """
    return f"""if [ -s {pid_file} ]; then
sid=$(cat {pid_file})
state() {{ read -r line 2>/dev/null <"$1" || return 1; set -- ${{line##*) }}; echo "$1 $4"; }}
kill -TERM "$sid" 2>/dev/null
i=0
while [ "$i" -lt 50 ]; do
  now=$(state "/proc/$sid/stat") || break
  case $now in Z*) break ;; esac
  sleep 0.1
  i=$((i + 1))
done
for s in /proc/[0-9]*/stat; do
  pid=${{s#/proc/}}
  case $(state "$s") in Z*) ;; *" $sid") kill -KILL "${{pid%/stat}}" 2>/dev/null ;; esac
done
fi"""
