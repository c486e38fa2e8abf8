"""What is refused, and why."""

import pytest

from vttbench.analysis.comparison import NoSuchHostsError, compare


@pytest.fixture
def fleet(make_result):
    def make(odd):
        """Three hosts alike, and one of which something is another."""
        results = []
        for host in ("zbook-01", "zbook-02", "zbook-03", "zbook-04"):
            other = odd if host == "zbook-04" else {}
            results += [
                make_result(1000.0 + n, host=host, session=n, **{"power_source": "mains", **other})
                for n in range(3)
            ]
        return results

    return make


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"tool_version": "27.00"}, "tool_version: 26.02 / 27.00"),
        ({"power_source": "battery"}, "power_source: mains / battery"),
        ({"conditions": {"benchmark": "sevenzip", "parameter.flags": "-mt1"}}, "parameter.flags"),
    ],
)
def test_what_differs_is_not_compared_and_the_difference_is_named(fleet, make_table, odd, reason):
    table = make_table(fleet(odd))
    found = compare(table.frame, table.conditions, "zbooks")
    assert [s.host for s in found.rankings[0].standings].count("zbook-04") == 0
    (refusal,) = found.refused
    assert (refusal.host, refusal.results, refusal.forced) == ("zbook-04", 3, False)
    assert reason in refusal.reason


def test_it_is_compared_when_asked_for_and_says_so(fleet, make_table):
    table = make_table(fleet({"tool_version": "27.00"}))
    across = compare(table.frame, table.conditions, "zbooks", across=["tool_version"])
    assert len(across.rankings[0].standings) == 4
    assert across.refused == ()
    forced = compare(table.frame, table.conditions, "zbooks", force=True)
    assert len(forced.rankings[0].standings) == 4
    assert [refusal.forced for refusal in forced.refused] == [True]


def test_a_field_that_was_not_asked_for_is_still_refused(fleet, make_table):
    table = make_table(fleet({"tool_version": "27.00", "power_source": "battery"}))
    found = compare(table.frame, table.conditions, "zbooks", across=["tool_version"])
    assert "power_source" in found.refused[0].reason
    assert "tool_version" not in found.refused[0].reason


def test_a_synthetic_model_is_not_held_against_a_real_one(make_result, make_table):
    results = []
    for host, model in (("zbook-01", "gpt-oss-20b"), ("zbook-02", "synthetic-gpt-oss-20b")):
        conditions = {"benchmark": "llama", "parameter.model": model}
        results += [
            make_result(60.0 + n, host=host, session=n, benchmark="llama", conditions=conditions,
                        parameters={"model": model}, variant="pp512")
            for n in range(3)
        ]  # fmt: skip
    table = make_table(results)
    found = compare(table.frame, table.conditions, "zbooks")
    assert found.rankings == ()
    assert "a synthetic model against a real one" in found.refused[0].reason
    assert len(compare(table.frame, table.conditions, "all", force=True).rankings) == 1


def test_hosts_are_named_by_fleet_by_name_or_all_and_unknown_ones_are_refused(fleet, make_table):
    table = make_table(fleet({}))
    both = compare(table.frame, table.conditions, "zbook-01, zbook-03")
    assert both.hosts == ("zbook-01", "zbook-03")
    assert len(compare(table.frame, table.conditions, "all").hosts) == 4
    with pytest.raises(NoSuchHostsError, match=r"zbok.*fleets: zbooks.*zbook-01"):
        compare(table.frame, table.conditions, "zbok")
