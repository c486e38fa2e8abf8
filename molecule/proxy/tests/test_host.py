"""What the host has, and how it changes."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import httpx
import pytest
from conftest import HERE, Play
from cryptography import x509
from testinfra.host import Host

ROOT_CERTIFICATE = "/usr/local/share/ca-certificates/vttbench-ca.crt"


def served(address: str) -> str:
    """The certificate that the proxy shows now."""
    return ssl.get_server_certificate((address, 5000), timeout=10)


def test_the_authoritys_key_stays_on_the_controller(host: Host) -> None:
    key = HERE / "ca" / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    needle = key.read_text().splitlines()[1]
    with host.sudo():
        found = host.run("grep -rlsF -e %s /etc /root /home /tmp /var/lib /usr/local", needle)
    assert found.stdout == ""


def test_the_hosts_key_is_read_by_its_group_alone_and_is_not_on_the_controller(host: Host) -> None:
    with host.sudo():
        key = host.file("/etc/vttbench/tls/server.key")
        assert (key.user, key.group, key.mode) == ("root", "ssl-cert", 0o640)
        needle = key.content_string.splitlines()[1]
    assert not [one for one in HERE.rglob("*") if one.is_file() and needle in _text(one)]


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


def test_the_certificate_ends_before_apples_limit_and_cannot_sign_others(address: str) -> None:
    certificate = x509.load_pem_x509_certificate(served(address).encode())
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days <= 825
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_unit_is_sandboxed(host: Host) -> None:
    with host.sudo():
        said = host.check_output("systemd-analyze security --no-pager vttbench-proxy.service")
    assert float(said.splitlines()[-1].partition("service: ")[2].split()[0]) <= 3.0


def test_nginx_own_service_and_its_welcome_page_are_off(host: Host, address: str) -> None:
    assert not host.service("nginx").is_running
    assert not host.service("nginx").is_enabled
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, 80), 5)


def test_the_proxy_runs_as_nobody_who_could_write_anything(host: Host) -> None:
    with host.sudo():
        users = {one.user for one in host.process.filter(comm="nginx")}
    assert "root" not in users
    assert users


def test_new_names_give_a_new_certificate_that_is_served_at_once_with_the_same_key(
    host: Host, address: str, play: Play
) -> None:
    with host.sudo():
        key = host.file("/etc/vttbench/tls/server.key").sha256sum
    before = served(address)
    done = play(private_ca_names=[address, "results.lan"])
    assert done.returncode == 0, done.stdout
    after = served(address)
    assert before != after
    assert "results.lan" in ssl_names(after)
    with host.sudo():
        assert host.file("/etc/vttbench/tls/server.key").sha256sum == key
    assert play().returncode == 0


def ssl_names(certificate: str) -> str:
    found = x509.load_pem_x509_certificate(certificate.encode()).extensions
    return str(found.get_extension_for_class(x509.SubjectAlternativeName).value)


def test_a_certificate_that_ends_soon_is_made_anew_and_one_that_does_not_stays(
    address: str, play: Play
) -> None:
    assert play(private_ca_days=20, private_ca_names=[address]).returncode == 0
    short = served(address)
    kept = play(private_ca_names=[address], private_ca_renew_days=10)
    assert kept.returncode == 0, kept.stdout
    assert served(address) == short
    assert play(private_ca_names=[address]).returncode == 0
    assert served(address) != short
    assert play().returncode == 0


def test_a_broken_certificate_is_replaced(host: Host, address: str, play: Play) -> None:
    with host.sudo():
        host.check_output("sh -c 'echo nonsense > /etc/vttbench/tls/server.crt'")
    assert play().returncode == 0
    with host.sudo():
        assert host.file("/etc/vttbench/tls/server.crt").content_string.startswith("-----BEGIN")


def test_an_interruption_before_the_host_knew_the_authority_is_made_good(
    host: Host, url: str, play: Play
) -> None:
    with host.sudo():
        host.check_output(f"mv {ROOT_CERTIFICATE} /root/kept.crt && update-ca-certificates --fresh")
        host.check_output(
            f"sleep 0.05 && cp /root/kept.crt {ROOT_CERTIFICATE} && rm /root/kept.crt"
        )
    ask = "python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' %s"
    assert host.run(ask, url).rc != 0
    assert play().returncode == 0
    assert host.run(ask, url).rc == 0


def test_a_port_that_is_taken_is_an_error_and_not_a_line_in_the_journal(
    host: Host, client: httpx.Client, url: str, play: Play
) -> None:
    with host.sudo():
        host.check_output(
            "systemd-run --quiet --unit=squatter python3 -m http.server --bind 0.0.0.0 9002"
        )
    sites = [
        {"name": "backend", "port": 5000, "upstream_port": 15000},
        {"name": "taken", "port": 9002, "upstream_port": 19002},
    ]
    try:
        assert play(reverse_proxy_sites=sites).returncode != 0
    finally:
        with host.sudo():
            host.check_output("systemctl stop squatter")
    assert play().returncode == 0
    assert client.get(url).status_code == 200


def test_a_configuration_that_nginx_refuses_is_never_in_place(
    client: httpx.Client, url: str, play: Play
) -> None:
    done = play(reverse_proxy_certificate="/etc/vttbench/tls/missing.crt")
    assert done.returncode != 0
    assert "missing.crt" in done.stdout + done.stderr
    assert client.get(url).status_code == 200


def test_it_can_be_removed_and_its_ports_are_free(host: Host, address: str, play: Play) -> None:
    assert play(reverse_proxy_state="absent").returncode == 0
    for port in (5000, 9001):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), 5)
    assert not host.file("/etc/systemd/system/vttbench-proxy.service").exists
    assert "changed=0" in play(reverse_proxy_state="absent").stdout
    assert play().returncode == 0
    assert served(address)
