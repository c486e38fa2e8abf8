"""MLflow's limits on one request, kept in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vttbench.tracking.backend import Point

# From mlflow/utils/validation.py of MLflow 3. One request takes 1000 metrics, 100 parameters and
# 100 tags, and not more than 1000 of all together.
PARAM_CHARACTERS = 6000
TAG_CHARACTERS = 8000
KEY_CHARACTERS = 250
SEARCH_PAGE = 1000
_METRICS = 800
_PARAMS = 100
_TAGS = 100


def batches(
    metrics: Sequence[Point], params: Mapping[str, str], tags: Mapping[str, str]
) -> Iterator[tuple[list[Point], dict[str, str], dict[str, str]]]:
    """Cut values into requests that MLflow takes, usually one.

    Tags come last: with the last of metrics and parameters or after them.
    """
    points, pairs, marks = list(metrics), list(params.items()), list(tags.items())
    while points or pairs or marks:
        some_points, points = points[:_METRICS], points[_METRICS:]
        some_pairs, pairs = pairs[:_PARAMS], pairs[_PARAMS:]
        some_marks: list[tuple[str, str]] = []
        if not points and not pairs:
            some_marks, marks = marks[:_TAGS], marks[_TAGS:]
        yield some_points, dict(some_pairs), dict(some_marks)
