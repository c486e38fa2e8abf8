"""Silicon lottery and hosts side by side as plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vttbench.analysis.comparability import Refusal
from vttbench.analysis.comparison import Comparison
from vttbench.analysis.lottery import Lottery, Ranking
from vttbench.analysis.pairs import LEVEL, Pair
from vttbench.analysis.reports.lottery import sentences


def lottery_data(lotteries: Sequence[Lottery], remarks: Sequence[str]) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    return {
        "lottery": [
            {
                "fleet": lottery.fleet,
                "hosts": list(lottery.hosts),
                "winner": _winner(lottery.score),
                "sentences": sentences(lottery.score) if lottery.score else [],
                "score": _ranking_data(lottery.score),
                "per_watt": _ranking_data(lottery.per_watt),
                "per_money": _ranking_data(lottery.per_money),
                "metrics": [_ranking_data(ranking) for ranking in lottery.rankings],
                "refused": [_refusal_data(refusal) for refusal in lottery.refused],
                "clipped": list(lottery.clipped),
                "remarks": list(lottery.remarks),
            }
            for lottery in lotteries
        ],
        "settings": {"family_wise_error": LEVEL},
        "remarks": list(remarks),
    }


def comparison_data(comparison: Comparison, remarks: Sequence[str]) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    return {
        "comparison": {
            "group": comparison.group,
            "hosts": list(comparison.hosts),
            "metrics": [_ranking_data(ranking) for ranking in comparison.rankings],
            "alone": [{"metric": label, "host": host} for label, host in comparison.alone],
            "refused": [_refusal_data(refusal) for refusal in comparison.refused],
            "clipped": list(comparison.clipped),
        },
        "settings": {"family_wise_error": LEVEL},
        "remarks": list(remarks),
    }


def _winner(ranking: Ranking | None) -> str | None:
    return ranking.winner.host if ranking is not None and ranking.winner else None


def _ranking_data(ranking: Ranking | None) -> dict[str, Any] | None:
    if ranking is None:
        return None
    variable = ranking.variable
    return {
        "benchmark": variable.benchmark,
        "variant": variable.variant,
        "metric": variable.metric,
        "unit": variable.unit,
        "higher_is_better": variable.higher_is_better,
        "weight": ranking.weight,
        "winner": _winner(ranking),
        "scatter_percent": ranking.scatter,
        "between_hosts": ranking.icc and ranking.icc[0],
        "between_hosts_interval": ranking.icc and list(ranking.icc[1]),
        "hosts": [
            {
                "host": each.host,
                "sessions": each.sessions,
                "value": each.value,
                "percent": each.percent,
                "interval": each.interval and list(each.interval),
                "rank": each.rank,
                "rank_interval": list(each.ranks),
                "probability_best": each.best,
                "robust_z": each.z,
                "outlier": each.outlier,
            }
            for each in ranking.standings
        ],
        "pairs": [_pair_data(pair) for pair in ranking.pairs],
        "sentences": sentences(ranking),
    }


def _pair_data(pair: Pair) -> dict[str, Any]:
    return {
        "faster": pair.faster,
        "slower": pair.slower,
        "percent": pair.percent,
        "interval": pair.interval and list(pair.interval),
        "probability_of_superiority": pair.superiority,
        "p": pair.p,
        "p_holm": pair.p_holm,
        "told_apart": pair.apart,
        "more_sessions_needed": pair.sessions_needed,
    }


def _refusal_data(refusal: Refusal) -> dict[str, Any]:
    return {
        "host": refusal.host,
        "benchmark": refusal.benchmark,
        "variant": refusal.variant,
        "results": refusal.results,
        "reason": refusal.reason,
        "forced": refusal.forced,
    }
