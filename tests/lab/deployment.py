"""A results server of a test's own: inventory, secrets and facts apart from all others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .hosts import declared
from .places import KEY

ROOT = Path(__file__).parents[2]
GROUPS = ("postgresql", "minio", "mlflow", "dashboard", "backup")
_RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)


@dataclass(frozen=True)
class Play:
    """What one run of ``deploy-ms01.yml`` did."""

    returncode: int
    output: str

    @property
    def changed(self) -> dict[str, int]:
        """Changes by host, from the recap."""
        return {name: int(changed) for name, changed, _, _ in _RECAP.findall(self.output)}


class Deployment:
    """Services on hosts of the lab, as an inventory says.

    Args:
        folder: empty; inventory, secrets and cached facts lie there.
        places: host of the lab for each group of services.
        user: account to log in with.
        variables: for the group ``servers``.
    """

    def __init__(
        self, folder: Path, places: Mapping[str, str], *, user: str = "root", **variables: Any
    ) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.address = str(declared().hosts[places["mlflow"]].address)
        connection = {
            "ansible_user": user,
            "ansible_ssh_private_key_file": str(KEY),
            "ansible_ssh_common_args": (
                "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
            ),
            "ms01_client_networks": ["10.77.0.0/26"],
            "ms01_secrets_dir": str(self.secrets),
        }
        hosts = {
            name: {"ansible_host": str(declared().hosts[name].address)}
            for name in set(places.values())
        }
        servers = {
            "children": {group: {"hosts": {places[group]: {}}} for group in GROUPS},
            "vars": connection | variables,
        }
        self.inventory = folder / "inventory.yml"
        self.inventory.write_text(
            yaml.safe_dump({"all": {"hosts": hosts, "children": {"servers": servers}}})
        )

    @property
    def environment(self) -> dict[str, str]:
        """What ``ansible-playbook`` is started with."""
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            # Never the production fleet.
            "ANSIBLE_INVENTORY": str(self.inventory),
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.folder / "facts"),
            "ANSIBLE_NOCOLOR": "true",
            "COLUMNS": "200",
        }

    def deploy(self, *words: str) -> Play:
        """Run ``deploy-ms01.yml`` with these words."""
        return self.play("deploy-ms01.yml", *words)

    def begin(self) -> subprocess.Popen[str]:
        """Start ``deploy-ms01.yml`` in a process group of its own."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("ansible-playbook"), "deploy-ms01.yml"],
            cwd=ROOT, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def play(self, *words: str) -> Play:
        """Run a playbook."""
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Play(done.returncode, done.stdout)

    def secret(self, name: str) -> str:
        """Return one of the generated secrets."""
        return (self.secrets / name).read_text().strip()

    def client(self, account: str, *, tls: bool = False) -> Any:
        """Return MLflow's own client, logged in. It takes its login from the environment."""
        os.environ["MLFLOW_TRACKING_USERNAME"] = account
        os.environ["MLFLOW_TRACKING_PASSWORD"] = self.secret(f"mlflow_{account}_password")
        if tls:
            os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"] = str(self.authority)
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=f"{'https' if tls else 'http'}://{self.address}:5000")

    @property
    def authority(self) -> Path:
        """The certificate of the deployment's own authority."""
        return self.secrets / "ca" / "ca.crt"
