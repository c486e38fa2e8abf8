"""Who we are to which server: nobody is told a password that is meant for another one."""

from pathlib import Path

import pytest

from vttbench.tracking.errors import AccessError
from vttbench.tracking.logins import login_for, logins_file

URI = "http://192.0.2.30:5000"


@pytest.fixture
def home(tmp_path):
    return tmp_path


def logins(home: Path, text: str, mode: int = 0o600) -> Path:
    path = logins_file({}, home)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def credentials(home: Path, text: str) -> Path:
    path = home / ".mlflow" / "credentials"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_nobody_by_default(home):
    assert login_for(URI, {}, home).basic is None


def test_the_servers_own_section_is_used(home):
    path = logins(home, f"[{URI}]\nusername = shipper\npassword = s%3c'r\"et #1\nca = /ca.crt\n")
    login = login_for(URI, {}, home)
    assert login.basic == ("shipper", "s%3c'r\"et #1")
    assert (login.ca_file, login.source) == ("/ca.crt", str(path))


@pytest.mark.parametrize(
    "other",
    ["http://192.0.2.31:5000", "http://192.0.2.30:5001", "https://192.0.2.30:5000", "sqlite:///x"],
)
def test_another_server_is_not_told_its_password(home, other):
    logins(home, f"[{URI}]\nusername = shipper\npassword = secret\n")
    assert login_for(other, {}, home).basic is None


@pytest.mark.parametrize(
    ("section", "uri"),
    [
        ("http://ms01:80", "http://ms01/"),
        ("https://ms01/mlflow", "https://ms01:443/mlflow/"),
        ("http://MS01:5000", "http://ms01:5000"),
    ],
)
def test_an_address_may_be_written_in_more_than_one_way(home, section, uri):
    logins(home, f"[{section}]\nusername = shipper\npassword = secret\n")
    assert login_for(uri, {}, home).basic == ("shipper", "secret")


def test_the_environment_wins(home):
    logins(home, f"[{URI}]\nusername = shipper\npassword = secret\nca = /a\n")
    environ = {
        "MLFLOW_TRACKING_USERNAME": "me",
        "MLFLOW_TRACKING_PASSWORD": "mine",
        "MLFLOW_TRACKING_SERVER_CERT_PATH": "/b",
    }
    login = login_for(URI, environ, home)
    assert (login.basic, login.ca_file) == (("me", "mine"), "/b")


def test_a_password_in_the_uri_is_left_to_the_uri(home):
    logins(home, f"[{URI}]\nusername = shipper\npassword = secret\n")
    assert login_for("http://me:mine@192.0.2.30:5000", {}, home).basic is None


def test_mlflows_own_file_is_the_last_resort(home):
    path = credentials(
        home,
        "[mlflow]\nmlflow_tracking_username = viewer\nmlflow_tracking_password = 100%%\n",
    )
    login = login_for(URI, {}, home)
    assert (login.basic, login.source) == (("viewer", "100%"), str(path))
    logins(home, f"[{URI}]\nusername = shipper\npassword = secret\n")
    assert login_for(URI, {}, home).basic == ("shipper", "secret")


def test_reads_mlflows_own_file_as_mlflow_does(home, monkeypatch):
    from mlflow.utils.credentials import read_mlflow_creds

    credentials(
        home,
        "[mlflow]\nmlflow_tracking_username = a:b\nmlflow_tracking_password = p%%w ; # =1\n",
    )
    monkeypatch.setenv("HOME", str(home))
    theirs = read_mlflow_creds()
    assert login_for(URI, {}, home).basic == (theirs.username, theirs.password)


def test_a_file_that_others_can_read_is_refused_with_what_to_do(home):
    path = logins(home, f"[{URI}]\nusername = shipper\npassword = secret\n", mode=0o644)
    with pytest.raises(AccessError, match=f"chmod 600 {path}"):
        login_for(URI, {}, home)


def test_a_damaged_file_is_said_without_its_content(home):
    logins(home, "password = secret\n")
    with pytest.raises(AccessError, match="no INI file") as caught:
        login_for(URI, {}, home)
    assert "secret" not in str(caught.value)


def test_no_password_is_in_what_a_program_prints_of_a_login(home):
    logins(home, f"[{URI}]\nusername = shipper\npassword = secret\n")
    assert "secret" not in repr(login_for(URI, {}, home))


def test_the_file_can_be_named(home, tmp_path):
    assert logins_file({"VTTBENCH_LOGINS": "/x/y"}, home) == Path("/x/y")
    assert logins_file({"XDG_CONFIG_HOME": "/x"}, home) == Path("/x/vttbench/logins.ini")
