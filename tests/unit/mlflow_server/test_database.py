import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from vttbench.mlflow_server.database import database_uri

HARD = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=30
)


def uri(**changes):
    given_ = {
        "user": "mlflow",
        "password": "secret",
        "host": "10.0.0.1",
        "port": 5432,
        "name": "runs",
    }
    return make_url(database_uri(**{**given_, **changes}))


@given(HARD, HARD)
def test_sqlalchemy_reads_back_any_user_and_password(user, password):
    url = uri(user=user, password=password)
    assert (url.username, url.password) == (user, password)


def test_names_the_driver_so_that_no_sqlalchemy_chooses_another():
    assert uri().drivername == "postgresql+psycopg"


@pytest.mark.parametrize("host", ["db.example", "10.0.0.1", "fd00::1"])
def test_reads_back_any_kind_of_host(host):
    assert (uri(host=host).host, uri(host=host).port) == (host, 5432)


def test_a_ca_asks_for_encryption_with_a_certificate_that_fits():
    query = uri(ca="/etc/ssl/our ca.crt").query
    assert query == {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/our ca.crt"}


def test_without_a_ca_encryption_is_left_to_the_server():
    assert uri().query == {}
