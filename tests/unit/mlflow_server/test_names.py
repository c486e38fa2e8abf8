from mlflow.server.security_utils import is_allowed_host_header, should_block_cors_request

from vttbench.mlflow_server.names import allowed_hosts, allowed_origins, own_host


def test_mlflow_lets_in_who_calls_it_by_a_listed_name():
    hosts = allowed_hosts(["ms01", "ms01:5000"], "0.0.0.0", 5000)
    assert is_allowed_host_header(hosts, "ms01:5000")
    assert is_allowed_host_header(hosts, "ms01")


def test_mlflow_refuses_any_other_name():
    hosts = allowed_hosts(["ms01:5000"], "0.0.0.0", 5000)
    assert not is_allowed_host_header(hosts, "evil.example:5000")
    assert not is_allowed_host_header(hosts, "192.168.7.30:5000")


def test_the_host_itself_is_let_in_wherever_the_server_listens():
    assert is_allowed_host_header(allowed_hosts([], "0.0.0.0", 5000), "127.0.0.1:5000")
    assert is_allowed_host_header(allowed_hosts([], "10.0.0.7", 5001), "10.0.0.7:5001")
    assert is_allowed_host_header(allowed_hosts([], "::", 5000), "[::1]:5000")


def test_no_name_is_listed_twice():
    hosts = allowed_hosts(["localhost", "localhost:5000"], "127.0.0.1", 5000)
    assert len(hosts) == len(set(hosts))


def test_own_host_is_an_address_one_can_connect_to():
    assert [own_host(one) for one in ("0.0.0.0", "::", "10.0.0.7")] == [
        "127.0.0.1",
        "[::1]",
        "10.0.0.7",
    ]


def test_the_web_interface_may_ask_its_own_server():
    origins = allowed_origins(["ms01:5000", "ms01"])
    for page in ("http://ms01:5000", "https://ms01:5000", "https://ms01"):
        assert not should_block_cors_request(page, "POST", origins)


def test_a_page_of_somebody_else_may_not_unless_it_is_named():
    page = "https://portal.example"
    assert should_block_cors_request(page, "POST", allowed_origins(["ms01:5000"]))
    assert not should_block_cors_request(page, "POST", allowed_origins(["ms01:5000"], [page]))
