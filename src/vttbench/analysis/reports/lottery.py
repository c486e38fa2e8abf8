"""The report of the silicon lottery, and of hosts side by side."""

from __future__ import annotations

from collections.abc import Sequence

from vttbench.analysis.comparability import Refusal
from vttbench.analysis.comparison import Comparison
from vttbench.analysis.lottery import Lottery, Ranking, Standing
from vttbench.analysis.reports.paper import Paper
from vttbench.analysis.reports.words import (
    NOT_THERE,
    bracket,
    counted,
    joined,
    percent,
    shortened,
    summed_up,
)
from vttbench.reporting.quantity import format_quantity

_HEADINGS = ("host", "against the median", "95 % interval", "rank", "best in", "sessions")
_SHOWN_CLIPS = 5


def lottery_paper(lotteries: Sequence[Lottery], remarks: Sequence[str]) -> Paper:
    """Return the report for people."""
    paper = Paper()
    paper.heading("Silicon lottery", 1)
    for lottery in lotteries:
        _fleet(paper, lottery)
    if remarks:
        paper.heading("Notes")
        paper.listing(remarks)
    return paper


def comparison_paper(comparison: Comparison, remarks: Sequence[str]) -> Paper:
    """Return the report for people."""
    paper = Paper()
    paper.heading(f"{joined(comparison.hosts)} side by side", 1)
    if not comparison.rankings:
        paper.say("Nothing of theirs may be compared.", "doubt")
    for ranking in comparison.rankings:
        paper.heading(ranking.variable.label, 3)
        _table(paper, ranking)
        paper.listing(sentences(ranking))
    _not_compared(paper, comparison.refused)
    explained = {refusal.label for refusal in comparison.refused}
    alone = [
        f"{label}: {host}"
        for label, host in comparison.alone
        if label.rpartition(" ")[0] not in explained
    ]
    if alone:
        paper.heading("Measured on one host alone")
        paper.listing(alone)
    if remarks:
        paper.heading("Notes")
        paper.listing(remarks)
    return paper


def sentences(ranking: Ranking) -> list[str]:
    """Say who is best, who can't be told apart, and what it would take."""
    said = [_best(ranking)]
    said += [
        f"{shortened(group)} can't be told apart{_effort(ranking, group)}."
        for group in undecided(ranking)
    ]
    outliers = [each for each in ranking.standings if each.outlier]
    said += [
        f"{each.host} is an outlier of its fleet: {percent(each.percent)} from the median."
        for each in outliers
    ]
    return said


def undecided(ranking: Ranking) -> list[list[str]]:
    """Return the largest groups of neighbours in rank of which no two can be told apart."""
    order = [each.host for each in ranking.standings]
    apart = {(pair.faster, pair.slower) for pair in ranking.pairs if pair.apart}
    known = {(pair.faster, pair.slower) for pair in ranking.pairs}

    def same(group: Sequence[str]) -> bool:
        pairs = [(a, b) for i, a in enumerate(group) for b in group[i + 1 :]]
        return all((p in known or p[::-1] in known) and p not in apart and p[::-1] not in apart
                   for p in pairs)  # fmt: skip

    groups: list[list[str]] = []
    end_before = 0
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and same(order[start : end + 1]):
            end += 1
        if end - start > 1 and end > end_before:
            groups.append(order[start:end])
            end_before = end
    return groups


def _best(ranking: Ranking) -> str:
    best = ranking.standings[0]
    size = f"{percent(best.percent).lstrip('+')} "
    size += (
        f"{bracket(best.interval).replace('+', '')} "
        if best.interval
        else "(one session a host: no interval) "
    )
    text = f"{best.host} is {size}above the median"
    if ranking.winner:
        return f"{text} and better than each other machine."
    rivals = [p.slower for p in ranking.pairs if p.faster == best.host and not p.apart]
    if not best.interval:
        return f"{text}; whether that is chance is not known."
    return f"{text}, and can't be told apart from {shortened(rivals)}."


def _effort(ranking: Ranking, group: Sequence[str]) -> str:
    pairs = [p for p in ranking.pairs if p.faster in group and p.slower in group]
    needed = [pair.sessions_needed for pair in pairs if pair.sessions_needed]
    intervals = [pair.interval for pair in pairs if pair.interval]
    if not intervals:
        return ": measure several sessions, -e sessions=3 or more"
    most = max(abs(bound) for low, high in intervals for bound in (low, high))
    if not needed:
        return f"; they differ by {most:.1f} % at most, and more sessions would hardly show it"
    return (
        f"; they differ by {most:.1f} % at most, and {counted(min(needed), 'more session')} a host "
        "would show the largest of it if it is as it looks"
    )


def _fleet(paper: Paper, lottery: Lottery) -> None:
    paper.heading(f"{lottery.fleet}: {counted(len(lottery.hosts), 'machine')}")
    if lottery.score is None:
        paper.say("No score: the machines have no metric in common.", "doubt")
    else:
        winner = lottery.score.winner
        for number, text in enumerate(sentences(lottery.score)):
            paper.say(text, ("good" if winner else "doubt") if number == 0 else "plain")
        _table(paper, lottery.score)
        paper.say(_variance(lottery.score), "quiet")
    for ranking, what in ((lottery.per_watt, "per watt"), (lottery.per_money, "per money")):
        if ranking is not None:
            paper.say(f"Score {what}: {_best(ranking)}")
    paper.heading("By metric", 3)
    paper.grid(
        ("metric", "weight", *lottery.hosts, "between hosts", "verdict"),
        [_row(ranking, lottery.hosts) for ranking in lottery.rankings],
        right=("weight", *lottery.hosts, "between hosts"),
    )
    paper.say(
        "Percent of speed against the fleet's median; ± is half the 95 % interval. Between hosts: "
        "share of all variance that lies between machines and not between sessions (ICC).",
        "quiet",
    )
    _not_compared(paper, lottery.refused)
    notes = list(lottery.remarks)
    if lottery.clipped:
        shown = "; ".join(lottery.clipped[:_SHOWN_CLIPS])
        more = len(lottery.clipped) - _SHOWN_CLIPS
        notes.append(
            f"{counted(len(lottery.clipped), 'value')} far off the same host's other sessions "
            f"counted less: {shown}{f' and {more} more' if more > 0 else ''}."
        )
    paper.listing(notes)


def _table(paper: Paper, ranking: Ranking) -> None:
    plain = ranking.variable.unit == "1"
    headings = _HEADINGS if plain else ("host", "value", *_HEADINGS[1:])
    rows = []
    for each in ranking.standings:
        cells = [
            each.host,
            percent(each.percent),
            bracket(each.interval) if each.interval else NOT_THERE,
            _rank(each),
            f"{100 * each.best:.0f} %" if each.interval else NOT_THERE,
            str(each.sessions),
        ]
        if not plain:
            cells.insert(1, format_quantity(each.value, ranking.variable.unit))
        rows.append(cells)
    paper.grid(headings, rows, right=headings[1:])


def _rank(standing: Standing) -> str:
    low, high = standing.ranks
    return str(standing.rank) if low == high else f"{standing.rank} ({low} to {high})"


def _row(ranking: Ranking, hosts: Sequence[str]) -> list[str]:
    cells = []
    for host in hosts:
        standing = ranking.standing(host)
        if standing is None:
            cells.append(NOT_THERE)
            continue
        half = "" if standing.interval is None else (
            f" ±{(standing.interval[1] - standing.interval[0]) / 2:.1f}"
        )  # fmt: skip
        cells.append(percent(standing.percent).removesuffix(" %") + half)
    winner = ranking.winner
    icc = NOT_THERE if ranking.icc is None else f"{100 * ranking.icc[0]:.0f} %"
    weight = NOT_THERE if ranking.weight is None else f"{100 * ranking.weight:.0f} %"
    verdict = f"{winner.host} is best" if winner else "no clear best"
    return [ranking.variable.label, weight, *cells, icc, verdict]


def _variance(ranking: Ranking) -> str:
    if ranking.icc is None or ranking.scatter is None:
        return "One session a host: how much chance there is in this is not known."
    share, (low, high) = ranking.icc
    return (
        f"{100 * share:.0f} % [{100 * low:.0f}, {100 * high:.0f}] of the variance lies between "
        f"machines; one machine varies by {ranking.scatter:.1f} % from session to session."
    )


def _not_compared(paper: Paper, refused: Sequence[Refusal]) -> None:
    if not refused:
        return
    forced = any(refusal.forced for refusal in refused)
    paper.heading("Compared although it differs" if forced else "Not compared")
    paper.listing(summed_up(refused))
    if not forced:
        paper.say("--across FIELD compares although a field differs, --force whatever differs.")
