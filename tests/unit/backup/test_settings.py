"""What the role wrote down."""

import pytest

from vttbench.backup.errors import BackupError
from vttbench.backup.retention import Retention
from vttbench.backup.settings import load

LEAST = """
directory = "/var/backups/vttbench"
verify_days = 7
[retention]
daily = 7
weekly = 4
monthly = 6
"""
DATABASE = """
[database]
host = "127.0.0.1"
port = 5432
user = "mlflow"
names = ["mlflow"]
password_file = "/etc/vttbench/backup/pgpass"
ca = ""
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        path = tmp_path / "backup.toml"
        path.write_text(text)
        return path

    return write


def test_what_is_not_named_is_not_backed_up(written):
    settings = load(written(LEAST))
    assert (settings.database, settings.bucket, settings.target) == (None, None, None)
    assert settings.retention == Retention(7, 4, 6)


def test_reads_databases(written):
    assert load(written(LEAST + DATABASE)).database.names == ("mlflow",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("directory =", "not TOML"),
        ("verify_days = 7", "'directory' is missing"),
        (LEAST + "[bucket]\nendpoint = 'http://x'\n", "missing"),
        (LEAST + DATABASE.replace('"mlflow"]', '"host=elsewhere"]'), "database name"),
    ],
)
def test_says_what_is_wrong_in_which_file(written, text, said):
    with pytest.raises(BackupError, match=r"backup\.toml.*" + said):
        load(written(text))


def test_says_that_there_is_no_such_file(tmp_path):
    with pytest.raises(BackupError, match="No such file"):
        load(tmp_path / "none.toml")
