"""Module ``tracking_client``: whether a user of a host reaches MLflow."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tracking_client
short_description: Try MLflow as a user of a host would
description:
  - Opens a new session of a user, reads from it what MLflow's client would read (C(MLFLOW_TRACKING_URI),
    C(MLFLOW_TRACKING_SERVER_CERT_PATH), user name and password, C(~/.mlflow/credentials)), and asks the server who
    that is. Needs no MLflow on the host. Changes nothing.
options:
  user:
    description: User of the host.
    type: str
    required: true
  expected_uri:
    description: Where the session should be told that MLflow is. Default is anywhere.
    type: str
  timeout:
    description: Seconds that the server may take.
    type: int
    default: 20
attributes:
  check_mode:
    support: full
    description: Does the same.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Try MLflow in a new session
  tracking_client:
    user: vtt
  become: true
"""

RETURN = r"""
uri:
  description: Where the session is told that MLflow is.
  type: str
  returned: success
account:
  description: Who MLflow takes the user for; null where it asks nobody.
  type: str
  returned: success
msg:
  description: The same as a sentence.
  type: str
  returned: always
"""

import base64
import configparser
import json
import pwd
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


class ClientError(Exception):
    """What a person has to do something about."""


def main() -> None:
    """Try it."""
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "expected_uri": {"type": "str"},
            "timeout": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    user = module.params["user"]
    try:
        session = _session(user)
        uri = _told(session, user, module.params["expected_uri"])
        account = _who(uri, session, user, module.params["timeout"])
    except ClientError as error:
        module.fail_json(msg=str(error))
    who = f"is {account}" if account else "may come in without a name"
    module.exit_json(changed=False, uri=uri, account=account, msg=f"{user} {who} at {uri}")


def _session(user: str) -> dict[str, str]:
    """Return the environment of a new session."""
    # Not runuser: on Debian it does not read /etc/environment, as SSH, cron and the console do.
    done = subprocess.run(
        ["su", "-l", user, "-c", "env -0"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ClientError(f"No session of {user} can be opened: {done.stderr.strip()}")
    pairs = (entry.partition("=") for entry in done.stdout.split("\0"))
    return {name: value for name, separator, value in pairs if separator}


def _told(session: dict[str, str], user: str, expected: str | None) -> str:
    uri = session.get("MLFLOW_TRACKING_URI", "").rstrip("/")
    if not uri:
        raise ClientError(
            f"A new session of {user} is not told where MLflow is: "
            "ansible-playbook playbooks/configure-clients.yml"
        )
    if expected and uri != expected.rstrip("/"):
        raise ClientError(f"A new session of {user} is told {uri}, not {expected}.")
    if not uri.startswith(("http://", "https://")):
        raise ClientError(f"A new session of {user} is told {uri}, which is no server.")
    return uri


def _who(uri: str, session: dict[str, str], user: str, timeout_s: int) -> str | None:
    _ask(uri, "/health", session, {}, timeout_s)
    headers = {}
    name, password = _credentials(session, user)
    if name and password:
        word = base64.b64encode(f"{name}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    try:
        found = _ask(uri, "/api/2.0/mlflow/users/current", session, headers, timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == 404:  # a server without accounts
            return None
        if error.code == 401:
            raise ClientError(
                f"{uri} does not accept {name or 'who has no name'} (401): "
                "ansible-playbook playbooks/configure-clients.yml"
            ) from None
        raise ClientError(f"{uri} answers with HTTP {error.code}.") from None
    try:
        return str(json.loads(found)["user"]["username"])
    except (ValueError, KeyError, TypeError):
        return name


def _credentials(session: dict[str, str], user: str) -> tuple[str | None, str | None]:
    parser = configparser.ConfigParser()
    parser.read(Path(pwd.getpwnam(user).pw_dir, ".mlflow", "credentials"))
    written = dict(parser["mlflow"]) if "mlflow" in parser else {}
    return (
        session.get("MLFLOW_TRACKING_USERNAME") or written.get("mlflow_tracking_username"),
        session.get("MLFLOW_TRACKING_PASSWORD") or written.get("mlflow_tracking_password"),
    )


def _ask(
    uri: str, path: str, session: dict[str, str], headers: dict[str, str], timeout_s: int
) -> bytes:
    try:
        context = ssl.create_default_context(
            cafile=session.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None
        )
        request = urllib.request.Request(uri + path, headers=headers)  # noqa: S310
        with urllib.request.urlopen(  # noqa: S310  # http or https, see _told
            request, timeout=timeout_s, context=context
        ) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ClientError(f"{uri} can't be reached from here: {reason}") from None


if __name__ == "__main__":
    main()
