"""Lines of a password file."""

import pytest

from vttbench.postgresql.password_file import password_line


def test_quotes_what_separates_fields():
    line = password_line(host="fd00::1", port=5432, user="mlflow", password=r"a:b\c d")
    assert line == r"fd00\:\:1:5432:*:mlflow:a\:b\\c d"


def test_refuses_a_password_of_two_lines():
    with pytest.raises(ValueError, match="line breaks"):
        password_line(host="h", port=1, user="u", password="a\nb")
