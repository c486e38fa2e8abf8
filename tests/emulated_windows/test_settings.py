"""Registry, environment, services, software: changed once, unchanged twice, gone if taken away."""

from __future__ import annotations

import json
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .ansible_runs import task
from .conftest import an_address
from .handlers.files import checksum


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("web")
    about = {"name": "tool", "version": "1", "product_id": "{1}", "files": {"t": "C:/Tool/t.exe"}}
    with zipfile.ZipFile(folder / "tool.msi", "w") as archive:
        archive.writestr("package.json", json.dumps(about))
        archive.writestr("t", "x" * 100)
    (folder / "no.msi").write_text("<html>")
    address = (an_address(), 8070)
    server = ThreadingHTTPServer(address, partial(SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://{address[0]}:{address[1]}"
    server.shutdown()


@pytest.mark.parametrize("tasks", [
    [task("x", "ansible.windows.win_regedit", path=r"HKLM:\Software\V", name="a", data=1,
          type="dword"),
     task("y", "ansible.windows.win_regedit", path=r"hklm:\software\v", name="a", data="0x1",
          type="dword")],
    [task("x", "ansible.windows.win_environment", name="A", value="b", level="machine"),
     task("y", "ansible.windows.win_environment", variables={"A": "b"}, level="machine")],
    [task("x", "ansible.windows.win_path", elements=[r"C:\Tool"]),
     task("y", "ansible.windows.win_path", elements=[r"c:\tool"])],
    [task("x", "ansible.windows.win_service", name="W32Time", state="started",
          start_mode="auto"),
     task("y", "ansible.windows.win_service", name="w32time", state="started")],
    [task("x", "ansible.windows.win_user", name="vtt", password="x", groups=["Users"]),
     task("y", "ansible.windows.win_user", name="vtt", groups=["Users"])],
    [task("x", "community.windows.win_power_plan", name="High performance"),
     task("y", "community.windows.win_power_plan", guid="8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c")],
    [task("x", "community.windows.win_firewall_rule", name="r", localport="5986",
          action="allow", direction="in", protocol="tcp"),
     task("y", "community.windows.win_firewall_rule", name="r", localport="5986",
          action="allow", direction="in", protocol="tcp")],
], ids=["registry", "environment", "path", "service", "user", "plan", "firewall"])  # fmt: skip
def test_once_is_changed_and_twice_is_not(ansible, tasks):
    dry = {**tasks[0], "name": "dry", "check_mode": True}
    run = ansible.play([dry, *tasks])
    assert run.returncode == 0, run.output
    assert [run.of(name)["changed"] for name in ("dry", "x", "y")] == [True, True, False]


def test_a_package_is_installed_once_and_taken_away(laptop, ansible, web):
    folder, address = web
    package = partial(task, product_id="{1}")
    digest = checksum(folder / "tool.msi", "sha256")
    more = {"path": f"{address}/tool.msi", "checksum": digest, "checksum_algorithm": "sha256"}
    run = ansible.play([
        package("first", "ansible.windows.win_package", **more),
        package("second", "ansible.windows.win_package", **more),
        task("stat", "ansible.windows.win_stat", path="C:/Tool/t.exe"),
        package("gone", "ansible.windows.win_package", state="absent"),
        task("nothing", "ansible.windows.win_stat", path="C:/Tool/t.exe"),
    ])  # fmt: skip
    assert [run.of(n)["changed"] for n in ("first", "second", "gone")] == [True, False, True]
    assert run.of("stat")["stat"]["size"] == 100
    assert not run.of("nothing")["stat"]["exists"]


def test_what_is_not_what_was_asked_for_is_not_installed(ansible, web):
    _, address = web
    package = partial(task, product_id="{2}", _ignore_errors=True)
    get = partial(task, dest="C:/x.bin", _ignore_errors=True)
    run = ansible.play([
        package("wrong", "ansible.windows.win_package", path=f"{address}/tool.msi",
                checksum="0" * 40),
        package("html", "ansible.windows.win_package", path=f"{address}/no.msi"),
        get("absent", "ansible.windows.win_get_url", url=f"{address}/nothing"),
        get("nobody", "ansible.windows.win_get_url", url="http://127.0.0.1:9/x", url_timeout=2),
    ])  # fmt: skip
    assert "did not match" in run.of("wrong")["msg"]
    assert run.of("html")["rc"] == 1620
    assert run.of("absent")["status_code"] == 404
    assert "Unable to connect" in run.of("nobody")["msg"]
