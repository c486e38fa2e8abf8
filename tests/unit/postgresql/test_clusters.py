"""Which of a host's clusters is configured."""

import json

import pytest

from vttbench.postgresql.clusters import ClusterError, choose


def listing(*clusters: tuple[str, int]) -> str:
    """As ``pg_lsclusters --json`` prints it: the port is text, the version a number."""
    return json.dumps(
        [
            {
                "version": float(version) if "." in version else int(version),
                "cluster": "main",
                "port": str(port),
                "configdir": f"/etc/postgresql/{version}/main",
                "pgdata": f"/var/lib/postgresql/{version}/main",
                "running": 1,
            }
            for version, port in clusters
        ]
    )


def test_a_fresh_host_has_none():
    assert choose("", version="", port=5432) is None
    assert choose("[]", version="16", port=5432) is None


def test_takes_the_only_one_whatever_its_version():
    found = choose(listing(("15", 5432)), version="", port=5432)
    assert found.as_facts() == {
        "version": "15",
        "name": "main",
        "port": 5432,
        "config_dir": "/etc/postgresql/15/main",
        "data_dir": "/var/lib/postgresql/15/main",
        "unit": "postgresql@15-main.service",
    }


def test_takes_the_only_one_though_it_listens_elsewhere_still():
    assert choose(listing(("15", 5499)), version="", port=5432).version == "15"


def test_after_an_upgrade_of_the_system_the_one_in_use_stays_the_one():
    assert choose(listing(("17", 5433), ("15", 5432)), version="", port=5432).version == "15"


def test_does_not_guess_among_several():
    with pytest.raises(ClusterError, match=r"15/main on port 5440, 17/main on port 5441"):
        choose(listing(("15", 5440), ("17", 5441)), version="", port=5432)


def test_takes_the_version_that_was_asked_for():
    assert choose(listing(("15", 5433), ("17", 5432)), version="17", port=5432).version == "17"


@pytest.mark.parametrize(
    "found",
    [listing(("15", 5432)), listing(("15", 5433)), listing(("15", 5432), ("17", 5433))],
    ids=["in use", "elsewhere", "beside the wanted one"],
)
def test_never_leaves_the_data_of_another_version_behind(found):
    with pytest.raises(ClusterError, match=r"pg_upgradecluster 15 main -v 17"):
        choose(found, version="17", port=5432)
