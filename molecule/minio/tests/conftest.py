"""A server of the scenario, and clients of it, as they stand in the network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from minio import Minio
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin
from testinfra.host import Host

BUCKET = "mlflow-artifacts"


@dataclass(frozen=True)
class Server:
    """One server; its address is the one that other machines use."""

    address: str

    def s3(self, access_key: str, secret_key: str) -> Minio:
        return Minio(
            f"{self.address}:9000", access_key, secret_key, secure=False, http_client=_http()
        )

    def admin(self, access_key: str, secret_key: str) -> MinioAdmin:
        return MinioAdmin(
            endpoint=f"{self.address}:9000",
            credentials=StaticProvider(access_key, secret_key),
            secure=False,
            http_client=_http(),
        )


def _http() -> urllib3.PoolManager:
    # What a server answers at first is what counts here.
    return urllib3.PoolManager(retries=False, timeout=20)


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(
        Path(__file__).parents[1].joinpath("vars.yml").read_text()
    )
    return loaded


@pytest.fixture
def server(host: Host) -> Server:
    return Server(host.ansible.get_variables()["ansible_host"])


@pytest.fixture
def root_s3(server: Server, secrets: dict[str, str]) -> Minio:
    return server.s3(secrets["root_user"], secrets["root_password"])


@pytest.fixture
def root_admin(server: Server, secrets: dict[str, str]) -> MinioAdmin:
    return server.admin(secrets["root_user"], secrets["root_password"])


@pytest.fixture
def account_s3(server: Server, secrets: dict[str, str]) -> Minio:
    return server.s3(secrets["mlflow_access_key"], secrets["mlflow_secret_key"])


@pytest.fixture
def account_admin(server: Server, secrets: dict[str, str]) -> MinioAdmin:
    return server.admin(secrets["mlflow_access_key"], secrets["mlflow_secret_key"])


@pytest.fixture
def restricted(root_admin: MinioAdmin) -> Any:
    """A service account of the root user that may read one bucket: what CVE-2025-62506 is about."""
    key, secret = "molecule-restricted", "molecule-restricted-secret"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
            }
        ],
    }
    root_admin.add_service_account(access_key=key, secret_key=secret, policy=policy)
    yield key, secret
    made = json.loads(root_admin.list_service_account(""))["accounts"]
    for account in made:
        root_admin.delete_service_account(account["accessKey"])
