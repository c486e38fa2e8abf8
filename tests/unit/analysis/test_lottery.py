"""The silicon lottery on fleets whose winner is known, and on fleets that have none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.analysis.lottery import lotteries, rank_each
from vttbench.analysis.pairs import between_share, holm, superiority
from vttbench.analysis.reports.lottery import sentences, undecided
from vttbench.analysis.samples import Sample, Variable, sample_of

MIPS = Variable("sevenzip", None, "total_mips", "MIPS", higher_is_better=True)


def fleet(rng, effects, sessions, scatter=0.006, t3=False):
    def drawn():
        z = rng.standard_t(3, sessions) / 3**0.5 if t3 else rng.normal(size=sessions)
        return scatter * z

    columns = tuple((9.0 + effect + drawn())[:, None] for effect in effects)
    names = tuple(f"zbook-{n:02d}" for n in range(1, len(effects) + 1))
    return Sample((MIPS,), names, columns, tuple(np.full(sessions, np.nan) for _ in names))


def ranking(rng, effects, sessions, **options):
    return rank_each(fleet(rng, effects, sessions, **options))[0]


@pytest.mark.parametrize("t3", [False, True])
@pytest.mark.parametrize("sessions", [3, 5, 24])
def test_equal_machines_have_no_winner_and_are_rarely_told_apart(sessions, t3):
    rng = np.random.default_rng(1)
    found = [ranking(rng, [0.0] * 4, sessions, t3=t3) for _ in range(150)]
    assert np.mean([each.winner is not None for each in found]) <= 0.02
    assert np.mean([any(pair.apart for pair in each.pairs) for each in found]) <= 0.08
    assert np.mean([any(s.outlier for s in each.standings) for each in found]) <= 0.03


@pytest.mark.parametrize("sessions", [5, 24])
def test_a_planted_winner_is_found(sessions):
    rng = np.random.default_rng(2)
    found = [ranking(rng, [0.0, 0.001, 0.021, -0.003], sessions) for _ in range(60)]
    assert np.mean([bool(each.winner) and each.winner.host == "zbook-03" for each in found]) > 0.93


@pytest.mark.parametrize("t3", [False, True])
@pytest.mark.parametrize("sessions", [3, 5, 24])
def test_intervals_hold_the_truth_as_often_as_they_say(sessions, t3):
    rng = np.random.default_rng(3)
    held = []
    for _ in range(200):
        pairs = ranking(rng, [0.0, 0.01], sessions, t3=t3).pairs
        sign = 1 if pairs[0].faster == "zbook-02" else -1
        low, high = pairs[0].interval
        held.append(low <= 100 * np.expm1(sign * 0.01) <= high)
    assert np.mean(held) >= 0.90


def test_repeats_within_a_session_do_not_count_as_sessions(make_result, make_table):
    """Two sessions of a hundred repeats are two observations: their common luck is not averaged."""
    results = []
    for host, levels in {"zbook-01": (1.0, 1.01), "zbook-02": (1.012, 1.0)}.items():
        for session, level in enumerate(levels):
            samples = [1000.0 * level * (1 + 1e-5 * n) for n in range(100)]
            results.append(make_result(host=host, session=session, samples=samples))
    table = make_table(results)
    (lottery,) = lotteries(table.frame, table.conditions)
    assert lottery.score.standings[0].sessions == 2
    assert not any(pair.apart for pair in lottery.score.pairs)


def test_one_session_a_host_gives_no_interval_and_says_so(make_result, make_table):
    table = make_table([make_result(1000.0 + n, host=f"zbook-0{n}") for n in (1, 2, 3)])
    (lottery,) = lotteries(table.frame, table.conditions)
    assert lottery.score.standings[0].interval is None
    assert lottery.score.winner is None
    assert any("not known" in text for text in sentences(lottery.score))


def test_an_outlier_is_named():
    found = ranking(np.random.default_rng(4), [0.0, 0.002, -0.002, 0.001, -0.08], 10)
    assert [each.host for each in found.standings if each.outlier] == ["zbook-05"]


def test_words_say_who_cannot_be_told_apart_and_what_it_would_take():
    rng = np.random.default_rng(5)
    found = ranking(rng, [0.0, 0.0005, 0.03, -0.0005], 10)
    said = sentences(found)
    assert said[0].startswith("zbook-03 is")
    assert said[0].endswith("better than each other machine.")
    (group,) = undecided(found)
    assert set(group) == {"zbook-01", "zbook-02", "zbook-04"}
    assert "can't be told apart" in said[1]


def test_the_sessions_that_are_asked_for_do_decide():
    """Of undecided pairs with a true difference, most are decided after the advice is followed."""
    rng = np.random.default_rng(6)
    decided = []
    while len(decided) < 60:
        pair = ranking(rng, [0.0, 0.006], 4).pairs[0]
        if pair.sessions_needed is None or abs(pair.percent - 0.6) > 0.1:
            continue
        decided.append(ranking(rng, [0.0, 0.006], 4 + pair.sessions_needed).pairs[0].apart)
    assert 0.65 <= np.mean(decided) <= 0.95


def test_the_score_weighs_areas_alike_and_obeys_wishes(make_result, make_table):
    results = []
    for host, cpu, disk in (("zbook-01", 1.04, 1.0), ("zbook-02", 1.0, 1.02)):
        for session in range(4):
            jitter = 1 + 0.001 * session
            results.append(make_result(1000 * cpu * jitter, host=host, session=session))
            for metric in ("read", "write", "mixed"):
                results.append(
                    make_result(
                        500 * disk * jitter, host=host, session=session, benchmark="fio",
                        metric=metric, variant=metric,
                    )
                )  # fmt: skip
    table = make_table(results)
    (plain,) = lotteries(table.frame, table.conditions)
    assert {r.variable.benchmark: round(r.weight, 3) for r in plain.rankings} == {
        "sevenzip": 0.5,
        "fio": 0.167,
    }
    assert plain.score.winner.host == "zbook-01"
    (wished,) = lotteries(table.frame, table.conditions, weights={"storage": 9})
    assert wished.score.winner.host == "zbook-02"


def test_a_price_turns_the_order_where_it_should(make_result, make_table):
    results = [
        make_result(1000 * speed * (1 + 0.001 * n), host=host, session=n)
        for host, speed in (("zbook-01", 1.02), ("zbook-02", 1.0))
        for n in range(4)
    ]
    table = make_table(results)
    (lottery,) = lotteries(
        table.frame, table.conditions, prices={"zbook-01": 3000, "zbook-02": 2000}
    )
    assert lottery.score.winner.host == "zbook-01"
    assert lottery.per_money.winner.host == "zbook-02"


def test_a_wild_session_is_named_and_hardly_counts(make_result, make_table):
    rng = np.random.default_rng(7)
    results = []
    for host in ("zbook-01", "zbook-02"):
        for n in range(12):
            wild = 0.6 if host == "zbook-01" and n == 5 else 1.0
            value = 1000 * wild * (1 + 0.005 * rng.normal())
            results.append(make_result(value, host=host, session=n))
    table = make_table(results)
    (lottery,) = lotteries(table.frame, table.conditions)
    assert any("zbook-01 2026-09-06" in text for text in lottery.clipped)
    assert all(abs(each.percent) < 0.5 for each in lottery.score.standings)


def test_a_metric_that_is_no_positive_number_is_left_out(make_result, make_table):
    results = [
        make_result(value, host=host, session=n)
        for host in ("zbook-01", "zbook-02")
        for n, value in enumerate((0.0, 1000.0, 1001.0))
    ]
    sample = sample_of(make_table(results).frame)
    assert [len(part) for part in sample.column(0)] == [2, 2]


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_and_keeps_their_order(chances):
    adjusted = holm(chances)
    assert all(a >= p for a, p in zip(adjusted, chances, strict=True))
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)
    assert all(a <= 1 for a in adjusted)


def test_holm_is_what_the_textbook_says():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=8),
    st.lists(st.integers(-5, 5), min_size=1, max_size=8),
)
def test_superiority_of_both_sides_adds_up_to_one(one, other):
    a, b = np.array(one, dtype=float), np.array(other, dtype=float)
    assert superiority(a, b) + superiority(b, a) == pytest.approx(1.0)


def test_the_share_between_hosts_is_the_one_that_was_planted():
    rng = np.random.default_rng(8)
    shares, held = [], []
    for _ in range(100):
        columns = [rng.normal() + rng.normal(size=10) for _ in range(12)]
        share, (low, high) = between_share(columns)
        shares.append(share)
        held.append(low <= 0.5 <= high)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)
    assert np.mean(held) >= 0.9
