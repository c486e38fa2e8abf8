"""By which names it may be called, and from which web pages, asked from another machine."""

from __future__ import annotations

import httpx
import pytest
from conftest import Server


def search(server: Server, secrets: dict[str, str], **headers: str) -> httpx.Response:
    return httpx.post(
        f"{server.uri}/ajax-api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        headers=headers,
        auth=("viewer", secrets["viewer_password"]),
    )


@pytest.mark.parametrize("name", ["mlflow.example", "mlflow.example:5000"])
def test_it_answers_by_its_names_with_and_without_the_port(
    server: Server, secrets: dict[str, str], name: str
) -> None:
    assert search(server, secrets, Host=name).status_code == 200


def test_it_answers_by_its_address(server: Server, secrets: dict[str, str]) -> None:
    assert search(server, secrets).status_code == 200
    assert search(server, secrets, Host=server.address).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "evil.example:5000", "10.77.0.1:5000"])
def test_it_refuses_any_other_name(server: Server, secrets: dict[str, str], name: str) -> None:
    answer = search(server, secrets, Host=name)
    assert answer.status_code == 403
    assert "Invalid Host header" in answer.text


def test_its_own_web_pages_may_ask_it(server: Server, secrets: dict[str, str]) -> None:
    for page in (server.uri, "http://mlflow.example:5000", "https://mlflow.example"):
        assert search(server, secrets, Origin=page).status_code == 200


def test_pages_of_others_may_not(server: Server, secrets: dict[str, str]) -> None:
    answer = search(server, secrets, Origin="http://evil.example")
    assert answer.status_code == 403
    assert "Cross-origin" in answer.text


def test_a_browser_gets_the_web_interface(server: Server, secrets: dict[str, str]) -> None:
    page = httpx.get(server.uri, auth=("viewer", secrets["viewer_password"]))
    assert "<title>MLflow</title>" in page.text
