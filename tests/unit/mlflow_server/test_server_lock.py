"""What the server is installed from, and what the controller speaks to it with."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_the_role_names_the_version_that_is_locked():
    defaults = yaml.safe_load((ROOT / "roles/mlflow/defaults/main.yml").read_text())
    assert defaults["mlflow_version"] == locked("server")["mlflow"]


def test_server_and_controller_have_the_same_mlflow():
    assert locked("server")["mlflow"] == locked("base")["mlflow"]


@pytest.mark.parametrize("package", ["psycopg", "psycopg-binary", "boto3", "flask-wtf", "uv"])
def test_the_server_has_what_it_needs(package):
    assert package in locked("server")


def test_every_package_of_the_server_is_locked_by_hash():
    text = (ROOT / "requirements/server.txt").read_text()
    packages = re.findall(r"^[a-z0-9-]+==.*?(?=^[a-z0-9-]+==|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_a_recent_boto3_was_chosen():
    # A constraint that is too tight gave one of 2010 once.
    major, minor, _ = map(int, locked("server")["boto3"].split("."))
    assert (major, minor) >= (1, 40)
