"""A server of the scenario, the people who use it, and deploys onto it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from mlflow import MlflowClient
from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
ROOT = SCENARIO.parents[1]


@dataclass(frozen=True)
class Server:
    """One server; its address is the one that other machines use."""

    name: str
    address: str

    @property
    def uri(self) -> str:
        return f"http://{self.address}:5000"

    def wait_until_healthy(self, timeout_s: float = 120) -> None:
        end = time.monotonic() + timeout_s
        while True:
            try:
                httpx.get(f"{self.uri}/health", timeout=5).raise_for_status()
            except httpx.HTTPError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
            else:
                return


@dataclass(frozen=True)
class Deploy:
    """The scenario's converge.yml, on one host."""

    server: Server

    def __call__(self, *options: str, **variables: object) -> subprocess.CompletedProcess[str]:
        words = [f"{name}={value}" for name, value in variables.items()]
        # The hosts stand in a file beside the one that Molecule names.
        inventory = Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                str(SCENARIO / "converge.yml"),
                *("-l", self.server.name),
                *(word for one in words for word in ("-e", one)),
                *options,
            ],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_INVENTORY": str(inventory)},
            text=True,
            capture_output=True,
            check=False,
        )


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load((SCENARIO / "vars" / "main.yml").read_text())
    return loaded


@pytest.fixture
def server(host: Host) -> Server:
    facts = host.ansible.get_variables()
    return Server(facts["inventory_hostname"], facts["ansible_host"])


@pytest.fixture
def deploy(server: Server) -> Deploy:
    return Deploy(server)


@pytest.fixture
def login(
    server: Server, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., MlflowClient]:
    """Give MLflow's own client, logged in as one of the accounts, with no patience."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")

    def as_account(name: str, password: str | None = None) -> MlflowClient:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", name)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password or secrets[f"{name}_password"])
        return MlflowClient(server.uri)

    return as_account


@pytest.fixture
def experiment(login: Callable[..., MlflowClient]) -> Iterator[str]:
    """A fresh experiment of the shipper's, gone afterwards."""
    made = login("shipper").create_experiment(f"molecule {time.time_ns()}")
    yield made
    login("admin").delete_experiment(made)
