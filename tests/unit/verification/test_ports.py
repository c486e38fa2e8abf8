import pytest

from vttbench.verification.ports import holders, taken

NGINX = {"address": "0.0.0.0", "port": 5000, "name": "nginx", "pid": 42, "user": "www-data"}


def test_names_process_and_user_that_has_the_port():
    assert holders([NGINX], "10.0.0.1", 5000, ["mlflow"]) == "nginx (process 42, user www-data)"


def test_another_port_is_nobodys_business():
    assert holders([NGINX], "0.0.0.0", 5001, ["mlflow"]) == ""


def test_our_own_service_may_have_it():
    assert holders([{**NGINX, "user": "mlflow"}], "0.0.0.0", 5000, ["mlflow"]) == ""


def test_our_own_service_is_known_by_what_ps_leaves_of_a_long_name():
    dashboard = {**NGINX, "user": "vttbenc+"}
    assert holders([dashboard], "0.0.0.0", 5000, ["vttbench-dashboard"]) == ""
    assert "vttbenc+" in holders([dashboard], "0.0.0.0", 5000, ["mlflow"])


@pytest.mark.parametrize(
    ("theirs", "ours", "clash"),
    [
        ("127.0.0.1", "0.0.0.0", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("*", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "127.0.0.1", False),
    ],
)
def test_two_addresses_of_one_host_do_not_clash_but_a_wildcard_does(theirs, ours, clash):
    assert bool(holders([{**NGINX, "address": theirs}], ours, 5000, ["mlflow"])) is clash


def test_a_process_that_listens_twice_is_named_once():
    assert holders([NGINX, {**NGINX, "address": "::"}], "0.0.0.0", 5000, ["x"]).count("nginx") == 1


def test_a_service_that_was_moved_to_another_port_of_ours_is_no_stranger():
    dashboard = {**NGINX, "user": "vttbenc+"}
    assert taken([dashboard, {**NGINX, "port": 9000, "user": "minio"}], {5000: "MLflow"}, "") == []


def test_the_proxy_has_ports_of_others_and_a_user_without_a_name():
    proxy = {**NGINX, "user": "63824"}
    assert (
        taken([proxy], {5000: "MLflow"}, "    1 init.scope\n   42 vttbench-proxy.service\n") == []
    )
    assert taken([proxy], {5000: "MLflow"}, "   42 nginx.service") != []


def test_every_port_that_a_stranger_has_is_named_with_the_service_that_needs_it():
    squatter = {**NGINX, "port": 9000, "name": "python3", "user": "root"}
    assert taken(
        [NGINX, squatter], {5000: "MLflow", 5432: "PostgreSQL", 9000: "MinIO"}, "42 -"
    ) == [
        "port 5000, which MLflow needs, is taken by nginx (process 42, user www-data)",
        "port 9000, which MinIO needs, is taken by python3 (process 42, user root)",
    ]
