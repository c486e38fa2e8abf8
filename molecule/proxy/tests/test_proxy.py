"""What clients get from the proxy, with a real service behind it."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from testinfra.host import Host

MEGABYTE = 1024 * 1024


def connect(address: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(
        socket.create_connection((address, 5000), 10), server_hostname=address
    )


def test_the_certificate_is_good_for_address_and_name(
    address: str, authority: ssl.SSLContext, host: Host
) -> None:
    name = str(host.ansible.get_variables()["inventory_hostname"])
    for expected in (address, name):
        with socket.create_connection((address, 5000), 10) as plain:
            authority.wrap_socket(plain, server_hostname=expected).close()
    with (
        socket.create_connection((address, 5000), 10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        authority.wrap_socket(plain, server_hostname="another-host")


def test_who_does_not_know_the_authority_refuses_the_server(url: str) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url)


def test_the_host_itself_trusts_the_authority(host: Host, url: str) -> None:
    seen = host.run("python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' %s", url)
    assert seen.rc == 0, seen.stderr


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_versions_of_tls_are_refused(address: str, version: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(OSError):
        connect(address, context)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_new_ones_are_spoken(address: str, authority: ssl.SSLContext, version: str) -> None:
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=_pem(authority))
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with connect(address, context) as connection:
        assert connection.version() == version.replace("_", ".")


def test_http_2_is_offered(address: str, authority: ssl.SSLContext) -> None:
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=_pem(authority))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(address, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def _pem(context: ssl.SSLContext) -> str:
    return "".join(ssl.DER_cert_to_PEM_cert(one) for one in context.get_ca_certs(binary_form=True))


def test_plain_http_is_refused_with_what_to_type(address: str) -> None:
    answer = httpx.get(f"http://{address}:5000/some/page?x=1")
    assert answer.status_code == 400
    assert f"https://{address}:5000/some/page?x=1" in answer.text
    assert "location" not in answer.headers


def test_the_service_hears_of_the_client_and_of_the_name_it_was_called_by(
    client: httpx.Client, url: str, address: str
) -> None:
    spoofed = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
    said = client.get(f"{url}/a%2Fb?q=%20", headers=spoofed).json()
    headers = said["headers"]
    assert said["path"] == "/a%2Fb?q=%20"
    assert headers["host"] == f"{address}:5000"
    assert headers["x-forwarded-for"] == "10.77.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-port"] == "5000"


def test_connections_to_the_service_are_used_again(client: httpx.Client, url: str) -> None:
    # Each of nginx's two processes keeps its own.
    peers = {client.get(url).json()["peer"] for _ in range(10)}
    assert len(peers) <= 2


def test_nothing_is_said_of_hsts_or_of_nginx_version(client: httpx.Client, url: str) -> None:
    headers = client.get(url).headers
    assert "strict-transport-security" not in headers
    assert not any(letter.isdigit() for letter in headers["server"])


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with its length"])
def test_an_upload_of_200_mb_arrives_whole(client: httpx.Client, url: str, chunked: bool) -> None:
    block = os.urandom(MEGABYTE)
    digest = hashlib.sha256(block * 200).hexdigest()

    def body() -> Iterator[bytes]:
        for _ in range(200):
            yield block

    headers = {} if chunked else {"Content-Length": str(200 * MEGABYTE)}
    said = client.put(f"{url}/upload", content=body(), headers=headers).json()
    assert (said["size"], said["sha256"]) == (200 * MEGABYTE, digest)
    assert ("chunked" in said["headers"].get("transfer-encoding", "")) == chunked


def test_an_upload_is_passed_on_while_it_comes(host: Host, client: httpx.Client, url: str) -> None:
    name = f"/streamed-{time.time_ns()}"
    goes_on = threading.Event()

    def body() -> Iterator[bytes]:
        yield os.urandom(4 * MEGABYTE)
        goes_on.wait(30)
        yield os.urandom(MEGABYTE)

    sending = threading.Thread(target=lambda: client.put(f"{url}{name}", content=body()))
    sending.start()
    try:
        for _ in range(50):
            with host.sudo():
                if f"first piece {name}" in host.check_output("journalctl -u backend -o cat"):
                    break
            time.sleep(0.1)
        else:
            pytest.fail("the service saw nothing of an upload that was half done")
    finally:
        goes_on.set()
        sending.join()


def test_a_large_answer_arrives_whole(client: httpx.Client, url: str) -> None:
    with client.stream("GET", f"{url}/large?bytes={200 * MEGABYTE}") as answer:
        assert sum(len(piece) for piece in answer.iter_bytes()) == 200 * MEGABYTE


def test_nothing_of_it_was_written_to_the_disk(host: Host) -> None:
    with host.sudo():
        assert (
            host.check_output("find /run/vttbench-proxy -type f -size +0 ! -name nginx.pid") == ""
        )


def test_a_websocket_gets_through(address: str, authority: ssl.SSLContext) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    with connect(address, authority) as connection:
        connection.settimeout(10)
        connection.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {address}:5000\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        reader = connection.makefile("rb")
        assert b"101" in reader.readline()
        head = b"".join(iter(reader.readline, b"\r\n"))
        accept = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        assert base64.b64encode(accept) in head
        mask = os.urandom(4)
        text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(b"hello"))
        connection.sendall(bytes([0x81, 0x80 | 5]) + mask + text)
        assert reader.read(7) == b"\x81\x05hello"


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml"])
def test_a_service_that_is_away_is_named(client: httpx.Client, address: str, accept: str) -> None:
    answer = client.post(
        f"https://{address}:9001/", headers={"Accept": accept}, content=b"x" * 100_000
    )
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "nobody" in answer.text
    assert "does not answer" in answer.text
    if accept == "*/*":
        assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    else:
        assert answer.headers["content-type"] == "text/html"


def test_a_service_that_comes_back_is_found_at_once(
    host: Host, client: httpx.Client, url: str
) -> None:
    with host.sudo():
        host.check_output("systemctl stop backend")
        assert client.get(url).status_code == 503
        host.check_output("systemctl start backend")
    answers = []
    for _ in range(50):
        answers.append(client.get(url).status_code)
        if answers[-1] == 200:
            break
        time.sleep(0.1)
    assert answers[-1] == 200
