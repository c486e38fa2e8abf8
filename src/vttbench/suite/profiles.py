"""How thorough a run is: ``-e profile=quick|standard|full``."""

from __future__ import annotations

from dataclasses import dataclass

from vttbench.sampling.limits import Limits
from vttbench.suite.errors import SuiteError


@dataclass(frozen=True)
class Profile:
    """What a word of the command line stands for.

    Attributes:
        name: as users type it.
        limits: on the repeats of one benchmark step.
        sessions: passes over the suite where users don't say how many.
        session_cooldown_s: seconds of rest between two sessions.
    """

    name: str
    limits: Limits
    sessions: int
    session_cooldown_s: float


_ALL = (
    Profile(
        "quick",
        Limits(
            warmup=1,
            min_repeats=3,
            max_repeats=5,
            # With three repeats an interval is wide by nature: 5 % asks for a spread of 2 %.
            target_half_width_percent=5.0,
            budget_s=40.0,
            cooldown_s=0.0,
        ),
        sessions=1,
        session_cooldown_s=10.0,
    ),
    Profile(
        "standard",
        Limits(
            warmup=3,
            min_repeats=5,
            max_repeats=15,
            target_half_width_percent=2.0,
            budget_s=600.0,
            cooldown_s=5.0,
        ),
        sessions=1,
        session_cooldown_s=60.0,
    ),
    Profile(
        "full",
        Limits(
            warmup=4,
            min_repeats=10,
            max_repeats=30,
            target_half_width_percent=1.0,
            budget_s=3600.0,
            cooldown_s=15.0,
        ),
        # Repeats inside a session are correlated: only several sessions tell machines apart.
        sessions=3,
        session_cooldown_s=300.0,
    ),
)
PROFILES = {profile.name: profile for profile in _ALL}


def profile_of(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        SuiteError: unknown; names the known ones.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise SuiteError(
            f"there is no profile {name!r}: choose one of {', '.join(PROFILES)}"
        ) from None
