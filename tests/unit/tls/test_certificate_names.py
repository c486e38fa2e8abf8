"""Which names a certificate gets from what an inventory says."""

import pytest

from vttbench.tls.names import NameInvalidError, common_name, subject_alternative_names


def test_addresses_and_names_are_told_apart_and_each_stands_once():
    given = ["10.77.0.30", "ms01", "localhost", "127.0.0.1", "fd00::1", "MS01", "ms01.", "*.lan"]
    assert subject_alternative_names(given) == [
        "IP:10.77.0.30",
        "DNS:ms01",
        "DNS:localhost",
        "IP:127.0.0.1",
        "IP:fd00::1",
        "DNS:*.lan",
    ]


def test_an_address_is_written_in_one_way_so_that_no_other_spelling_renews_a_certificate():
    assert subject_alternative_names(["FD00:0:0::1"]) == ["IP:fd00::1"]


def test_names_with_other_letters_become_what_resolvers_ask_for():
    assert subject_alternative_names(["bücher.lan"]) == ["DNS:xn--bcher-kva.lan"]


def test_underscores_of_inventory_names_are_kept():
    assert subject_alternative_names(["framework_desktop"]) == ["DNS:framework_desktop"]


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a,DNS:evil", "a\nb", "-a", "a-", "a..b", "10.0.0.256", "fe80::1%eth0", "*", "a/b",
     "x" * 64, "https://ms01"],
)  # fmt: skip
def test_what_is_no_name_is_refused(name):
    with pytest.raises(NameInvalidError):
        subject_alternative_names([name])


def test_a_certificate_for_nobody_is_refused():
    with pytest.raises(NameInvalidError, match="needs a name"):
        subject_alternative_names([])


def test_the_common_name_is_the_first_that_fits():
    long = ".".join(["x" * 40] * 2)
    assert common_name(subject_alternative_names([long, "10.0.0.1"])) == "10.0.0.1"
    with pytest.raises(NameInvalidError, match="at most 64"):
        common_name(subject_alternative_names([long]))
