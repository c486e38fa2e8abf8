"""How thorough a run is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from vttbench.suite.errors import SuiteError
from vttbench.suite.profiles import PROFILES, profile_of


@pytest.mark.parametrize(
    ("name", "limits", "rest"),
    [
        ("quick", (1, 3, 5, 5.0, 40.0, 0.0), 10.0),
        ("standard", (3, 5, 15, 2.0, 600.0, 5.0), 60.0),
        ("full", (4, 10, 30, 1.0, 3600.0, 15.0), 300.0),
    ],
)
def test_profiles_keep_their_published_limits(
    name: str, limits: tuple[float, ...], rest: float
) -> None:
    profile = profile_of(name)
    assert tuple(profile.limits.model_dump().values()) == limits
    assert profile.session_cooldown_s == rest


def test_each_profile_is_more_thorough_than_the_one_before() -> None:
    ordered = [PROFILES[name] for name in ("quick", "standard", "full")]
    for less, more in pairwise(ordered):
        assert less.limits.max_repeats < more.limits.max_repeats
        assert less.limits.budget_s < more.limits.budget_s
        assert less.sessions <= more.sessions


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(SuiteError, match=r"'fast': choose one of quick, standard, full"):
        profile_of("fast")
