"""A server of the scenario with something to lose."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import yaml
from minio import Minio
from testinfra.host import Host

BUCKET = "mlflow-artifacts"
DIRECTORY = "/var/backups/vttbench"


@dataclass(frozen=True)
class Server:
    """One server: its services as clients see them, its backups as its administrator does."""

    host: Host
    s3: Minio
    address: str
    password: str

    def sql(self, statement: str) -> list[tuple]:
        with psycopg.connect(
            host=self.address,
            user="mlflow",
            dbname="mlflow",
            password=self.password,
            autocommit=True,
            connect_timeout=20,
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def backup(self, *words: str, expected: int = 0) -> str:
        with self.host.sudo():
            done = self.host.run("vttbench-backup " + " ".join(words))
        assert done.rc == expected, done.stderr
        return done.stdout if expected == 0 else done.stderr

    def nightly(self) -> int:
        with self.host.sudo():
            return self.host.run("systemctl start vttbench-backup.service").rc

    def status(self) -> dict:
        # Everybody may read it: no sudo.
        return json.loads(self.host.check_output(f"cat {DIRECTORY}/status.json"))


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    return yaml.safe_load(Path(__file__).parents[1].joinpath("vars.yml").read_text())


@pytest.fixture
def server(host: Host, secrets) -> Server:
    address = host.ansible.get_variables()["ansible_host"]
    client = Minio(f"{address}:9000", secrets["access_key"], secrets["secret_key"], secure=False)
    return Server(host, client, address, secrets["database_password"])


@pytest.fixture
def filled(server: Server) -> Server:
    server.sql("DROP TABLE IF EXISTS runs")
    server.sql("CREATE TABLE runs (run_uuid text, lifecycle_stage text)")
    server.sql("INSERT INTO runs SELECT n, 'active' FROM generate_series(1, 100) n")
    for number in range(20):
        data = f"artifact {number}".encode()
        server.s3.put_object(BUCKET, f"1/run-{number}/log.txt", io.BytesIO(data), len(data))
    return server
