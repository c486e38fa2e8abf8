"""Any result document, for property tests."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import strategies as st

from vttbench.result import (
    AbsentMetric,
    Benchmark,
    Check,
    Error,
    ErrorKind,
    File,
    Host,
    Metric,
    Provenance,
    RejectedSample,
    Repeat,
    Result,
    Series,
    SeriesSummary,
    Status,
    Telemetry,
    comparability_of,
)

text = st.text(max_size=20)
maybe_text = st.none() | text
finite = st.floats(allow_nan=False, allow_infinity=False)
scalar = st.none() | st.booleans() | st.integers() | finite | text
json_value = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC) | st.integers(-720, 840).map(lambda m: timezone(timedelta(minutes=m))),
)
scalars = st.dictionaries(text, scalar, max_size=3)
numbers = st.dictionaries(text, finite, max_size=3)
absences = st.lists(st.builds(AbsentMetric, name=text, reason=text), max_size=2)
hosts = st.builds(
    Host,
    name=text,
    fleet=maybe_text,
    os_family=st.sampled_from(["linux", "windows"]),
    cpu=maybe_text,
    cores=st.none() | st.integers(),
    memory_gb=st.none() | finite,
    power_source=maybe_text,
    details=st.dictionaries(text, json_value, max_size=3),
)
rejected_samples = st.builds(
    RejectedSample,
    value=finite,
    cause=st.sampled_from(["implausible", "contaminated"]),
    reason=text,
)
metrics = st.builds(
    Metric,
    name=text,
    unit=text,
    higher_is_better=st.booleans(),
    primary=st.booleans(),
    samples=st.lists(finite, min_size=1, max_size=4),
    value=finite,
    ci95=st.none() | st.tuples(finite, finite).map(lambda pair: tuple(sorted(pair))),
    cv=st.none() | finite,
    warmup=st.lists(finite, max_size=2),
    rejected=st.lists(rejected_samples, max_size=2),
)
repeats = st.builds(
    Repeat,
    index=st.integers(),
    kind=st.sampled_from(["warmup", "measured"]),
    status=st.sampled_from(["ok", "failed", "contaminated", "rejected"]),
    started_at=moments,
    duration_s=finite,
    returncode=st.none() | st.integers(),
    values=numbers,
    disturbance=numbers,
)
series = st.lists(st.tuples(finite, finite), max_size=3).map(
    lambda points: Series(unit="C", t=[t for t, _ in points], v=[v for _, v in points])
)
telemetries = st.builds(
    Telemetry,
    interval_s=finite,
    series=st.dictionaries(text, series, max_size=2),
    summary=st.dictionaries(
        text,
        st.builds(SeriesSummary, unit=text, minimum=finite, mean=finite, maximum=finite),
        max_size=2,
    ),
    throttled=st.none() | st.booleans(),
    absent=absences,
)
errors = st.builds(Error, kind=st.sampled_from(ErrorKind), message=text, retryable=st.booleans())


@st.composite
def results(draw):
    status = draw(st.sampled_from(Status))
    return Result(
        suite_id=draw(text),
        session_id=draw(text),
        benchmark=Benchmark(
            name=draw(text),
            version=draw(text),
            variant=draw(maybe_text),
            tool=draw(text),
            tool_version=draw(maybe_text),
            command=draw(st.lists(text, max_size=3)),
            parameters=draw(scalars),
        ),
        host=draw(hosts),
        started_at=draw(moments),
        finished_at=draw(moments),
        status=status,
        error=draw(errors if status is not Status.OK else st.none() | errors),
        metrics=draw(
            st.lists(
                metrics,
                min_size=1 if status is Status.OK else 0,
                max_size=3,
                unique_by=lambda metric: metric.name,
            )
        ),
        absent=draw(absences),
        repeats=draw(st.lists(repeats, max_size=2)),
        telemetry=draw(st.none() | telemetries),
        preflight=draw(
            st.lists(
                st.builds(
                    Check,
                    name=text,
                    status=st.sampled_from(["ok", "warn", "fail", "absent"]),
                    value=scalar,
                    message=text,
                ),
                max_size=2,
            )
        ),
        notes=draw(st.lists(text, max_size=2)),
        comparability=comparability_of(draw(scalars)),
        provenance=draw(
            st.builds(
                Provenance,
                vttbench_version=text,
                git_dirty=st.none() | st.booleans(),
                harness_cpu_s=st.none() | finite,
            )
        ),
        files=draw(
            st.lists(st.builds(File, path=text, sha256=text, size=st.integers()), max_size=2)
        ),
    )


@pytest.fixture
def plain_result():
    """One small, fixed document as decoded JSON."""
    moment = datetime(2026, 11, 25, 7, 45, 12, tzinfo=UTC)
    return Result(
        suite_id="suite-1",
        session_id="session-1",
        benchmark=Benchmark(name="stream", version="1", tool="stream"),
        host=Host(name="bench-1", os_family="linux"),
        started_at=moment,
        finished_at=moment,
        status=Status.OK,
        metrics=[
            Metric(name="triad", unit="GB/s", higher_is_better=True, samples=[1.5], value=1.5)
        ],
        comparability=comparability_of({"tool": "stream"}),
        provenance=Provenance(vttbench_version="0.1.0"),
    ).model_dump(mode="json")


@pytest.fixture(scope="session")
def any_result():
    """Hypothesis strategy: every valid document."""
    return results()


@pytest.fixture(scope="session")
def any_scalars():
    """Hypothesis strategy: names with values that JSON has."""
    return scalars
