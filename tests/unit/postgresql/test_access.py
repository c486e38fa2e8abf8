"""Who may connect from where."""

import pytest

from vttbench.postgresql.access import host_based_rules, identity_rules, pairs

DATABASES = [{"name": "mlflow", "owner": "mlflow"}, {"name": "mlflow_auth", "owner": "mlflow"}]
READERS = [{"database": "mlflow", "role": "reader"}]


def remote(rules: list[str]) -> list[str]:
    return [
        rule for rule in rules if rule.startswith(("host ", "hostssl ")) and " all all " not in rule
    ]


def test_a_role_reaches_its_own_databases_and_no_other():
    rules = remote(host_based_rules(pairs(DATABASES, READERS), ["10.77.0.0/24"], tls=False))
    assert rules == [
        'host "mlflow" "mlflow" 10.77.0.0/24 scram-sha-256',
        'host "mlflow_auth" "mlflow" 10.77.0.0/24 scram-sha-256',
        'host "mlflow" "reader" 10.77.0.0/24 scram-sha-256',
    ]


def test_with_tls_nobody_of_the_network_connects_without():
    rules = remote(host_based_rules(pairs(DATABASES, READERS), ["10.77.0.0/24"], tls=True))
    assert rules
    assert all(rule.startswith("hostssl ") for rule in rules)


def test_without_client_networks_only_the_host_itself_connects():
    assert remote(host_based_rules(pairs(DATABASES, READERS), [], tls=False)) == []


def test_nobody_is_let_in_without_a_password():
    rules = host_based_rules(pairs(DATABASES, READERS), ["10.77.0.0/24", "::/0"], tls=False)
    assert not [rule for rule in rules if "trust" in rule]
    assert [rule for rule in rules if "scram-sha-256" not in rule] == [
        "local all postgres peer map=vttbench"
    ]
    assert identity_rules() == ["vttbench postgres postgres", "vttbench root postgres"]


@pytest.mark.parametrize(
    ("network", "written"),
    [
        ("10.77.0.30", "10.77.0.30/32"),
        ("fd00::1", "fd00::1/128"),
        ("fd00::/8", "fd00::/8"),
        ("ms01.example.org", "ms01.example.org"),
        ("localhost", "localhost"),
    ],
)
def test_takes_networks_addresses_and_names(network, written):
    (rule,) = remote(host_based_rules([("d", "r")], [network, network], tls=False))
    assert rule.split()[3] == written


@pytest.mark.parametrize(
    "network", ["10.77.0.30/24", "10.77.0.300", "10.77.0.0/33", "", "a b", "x trust\n"]
)
def test_refuses_what_is_no_network(network):
    with pytest.raises(ValueError, match="client network"):
        host_based_rules([("d", "r")], [network], tls=False)


@pytest.mark.parametrize("name", ['a"b', "a\nhost all all all trust"])
def test_refuses_names_that_would_write_rules(name):
    with pytest.raises(ValueError, match="can't be named"):
        host_based_rules([(name, "r")], ["10.0.0.0/8"], tls=False)
