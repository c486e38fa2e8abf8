"""Where results go."""

from pathlib import Path

import pytest

from vttbench.tracking import destination

ROOT = Path("/srv/checkout")


def test_the_environment_wins_over_configuration():
    environ = {"MLFLOW_TRACKING_URI": "http://env:5000"}
    assert destination.resolve("http://cfg:5000", environ, ROOT) == "http://env:5000"


def test_configuration_wins_over_what_the_callback_told_its_workers():
    environ = {"VTTBENCH_MLFLOW_TRACKING_URI": "http://worker:5000"}
    assert destination.resolve("http://cfg:5000", environ, ROOT) == "http://cfg:5000"
    assert destination.resolve(None, environ, ROOT) == "http://worker:5000"


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_variable_counts_as_not_set(empty):
    environ = {} if empty is None else {"MLFLOW_TRACKING_URI": empty}
    assert (
        destination.resolve(empty, environ, ROOT) == "sqlite:////srv/checkout/.vttbench/mlflow.db"
    )


def test_a_trailing_slash_makes_no_other_destination():
    assert destination.resolve("http://ms01:5000/", {}, ROOT) == "http://ms01:5000"


@pytest.mark.parametrize("uri", ["sqlite:///my.db", "mlruns"])
def test_relative_paths_become_absolute(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in destination.resolve(uri, {}, ROOT)


@pytest.mark.parametrize("root", ["/srv/checkout", "/home/a b/ü#x%20z"])
def test_the_embedded_store_is_recognised_by_its_uri(root):
    uri = destination.embedded_uri(Path(root))
    assert destination.embedded_root(uri) == Path(root)
    assert destination.embedded_root("sqlite:////srv/other.db") is None
    assert destination.embedded_root("http://ms01:5000") is None


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://bench:s3cret@ms01:5000", "http://bench:***@ms01:5000"),
        ("http://tok3n@ms01:5000/p", "http://***@ms01:5000/p"),
        ("http://bench:p@ss@ms01:5000", "http://bench:***@ms01:5000"),
        (
            "postgresql://h/db?user=u&password=s3cret&x=1",
            "postgresql://h/db?user=u&password=***&x=1",
        ),
        ("sqlite:////srv/x/mlflow.db", "sqlite:////srv/x/mlflow.db"),
        ("http://ms01:5000", "http://ms01:5000"),
    ],
)
def test_nothing_that_could_be_a_password_is_shown(uri, shown):
    assert destination.display_uri(uri) == shown


def test_the_checkout_is_found_from_below(tmp_path):
    (tmp_path / "ansible.cfg").touch()
    below = tmp_path / "results" / "linux"
    below.mkdir(parents=True)
    assert destination.find_root(below) == tmp_path
