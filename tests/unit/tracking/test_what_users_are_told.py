"""Each way in which a server can't be used ends in one sentence that says what to do."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vttbench.tracking.backend import Patience, connect
from vttbench.tracking.errors import AccessError, TrackingError, UnavailableError

QUICK = Patience(connect_s=1.0, first_answer_s=0.5, answer_s=0.5, retries=0)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("USERNAME", "PASSWORD", "TOKEN", "SERVER_CERT_PATH", "INSECURE_TLS"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)


def problem(uri: str) -> TrackingError:
    with pytest.raises(TrackingError) as caught:
        connect(uri, QUICK).experiment("any")
    return caught.value


class Answers:
    """A web server that always gives the same answer."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.requests: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(dict(self.headers))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Answers:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_nobody_listens():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = problem(f"http://bench:s3cret@127.0.0.1:{port}")
    assert isinstance(error, UnavailableError)
    assert "Nothing listens at" in str(error)
    assert "MLFLOW_TRACKING_URI" in str(error)
    assert "s3cret" not in str(error)


def test_a_name_that_is_not_known():
    assert "The name ms01.invalid is not known here" in str(problem("http://ms01.invalid:5000"))


def test_a_server_that_never_answers():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        error = problem(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert isinstance(error, UnavailableError)
    assert "then does not answer" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, b"You are not authenticated", AccessError, "MLFLOW_TRACKING_PASSWORD"),
        (403, b"Invalid Host header - possible DNS rebinding", AccessError, "--allowed-hosts"),
        (403, b"Permission denied", AccessError, "EDIT"),
        (200, b"<html>router</html>", AccessError, "is no MLflow"),
        (404, b"<html>not here</html>", AccessError, "is no MLflow"),
        (502, b"<html>bad gateway</html>", UnavailableError, "in trouble (HTTP 502)"),
        (503, b'{"error_code": "X", "message": "database is down"}', UnavailableError, "database"),
    ],
)
def test_an_answer_that_is_none(status, body, kind, says):
    with Answers(status, body) as server:
        error = problem(server.uri)
    assert isinstance(error, kind)
    assert says in str(error)


def test_a_server_that_has_moved():
    with Answers(301, b"", {"Location": "https://mlflow.example/"}) as server:
        assert "https://mlflow.example/" in str(problem(server.uri))


def test_credentials_are_sent_as_mlflow_does(monkeypatch):
    with Answers(401, b"") as server:
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
        problem(server.uri)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "bench")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret")
        problem(server.uri)
    assert [request["Authorization"] for request in server.requests] == [
        "Bearer t0ken",
        "Basic YmVuY2g6czNjcmV0",
    ]


def test_after_one_failure_to_reach_it_a_server_is_not_asked_again():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        backend = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", QUICK)
        for _ in range(3):
            with pytest.raises(UnavailableError):
                backend.experiment("any")
        listener.setblocking(False)
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Answers]:
    answers = Answers(401, b"")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    answers.server.socket = context.wrap_socket(answers.server.socket, server_side=True)
    answers.uri = f"https://localhost:{answers.server.server_address[1]}"
    with answers:
        yield answers


def test_a_certificate_that_is_not_trusted(tls_server):
    error = problem(tls_server.uri)
    assert isinstance(error, AccessError)
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in str(error)


def test_a_certificate_whose_ca_is_named_is_trusted(tls_server, certificate, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
    assert "(401)" in str(problem(tls_server.uri))


def test_a_certificate_may_be_left_unchecked(tls_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    assert "(401)" in str(problem(tls_server.uri))


def test_a_ca_file_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/nowhere/ca.pem")
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH=/nowhere/ca.pem" in str(problem("https://ms01:5000"))


def test_https_where_only_http_is_spoken():
    with Answers(200, b"{}") as server:
        error = problem(server.uri.replace("http:", "https:"))
    assert isinstance(error, AccessError)
    assert "http://" in str(error)
