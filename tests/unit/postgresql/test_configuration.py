"""Lines of postgresql.conf."""

import pytest

from vttbench.postgresql.configuration import configuration_lines


def test_quotes_values_as_postgresql_reads_them():
    assert configuration_lines(
        {"port": 5432, "log_line_prefix": "it's %m\\", "jit": False, "ssl": True}
    ) == [
        "jit = 'off'",
        r"log_line_prefix = 'it''s %m\\'",
        "port = '5432'",
        "ssl = 'on'",
    ]


@pytest.mark.parametrize("name", ["", "port = 1 #", "port\n", "1port"])
def test_refuses_names_that_are_none(name):
    with pytest.raises(ValueError, match="can't hold"):
        configuration_lines({name: 1})


def test_refuses_a_value_of_two_lines():
    with pytest.raises(ValueError, match="can't hold"):
        configuration_lines({"port": "5432\nfsync = off"})
