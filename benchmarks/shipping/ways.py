"""Two ways to bring results to MLflow: the one of the tutorials, and ours."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uuid6

from vttbench.result import (
    Benchmark,
    Host,
    Metric,
    Provenance,
    Result,
    Status,
    comparability_of,
)
from vttbench.store.results import ResultStore
from vttbench.tracking import destination
from vttbench.tracking.shipping import Shipping
from vttbench.tracking.spool import Spool

PARAMS, METRICS, ARTIFACT_BYTES = 12, 15, 20_000


def documents(count: int) -> list[Result]:
    """Return results of the usual size: 12 parameters, 15 metrics, 20 kB."""
    suite, start = str(uuid6.uuid7()), datetime.now(UTC)
    return [
        Result(
            suite_id=suite,
            session_id=suite,
            benchmark=Benchmark(
                name="shipping",
                version="1",
                tool="none",
                parameters={f"parameter_{n}": n for n in range(PARAMS - 6)},
            ),
            host=Host(name="host", os_family="linux", cpu="cpu", memory_gb=64.0, os="os"),
            started_at=start + timedelta(seconds=index),
            finished_at=start + timedelta(seconds=index + 1),
            status=Status.OK,
            metrics=[
                Metric(
                    name=f"metric_{n}", unit="1", higher_is_better=True, samples=[1.0 * n], value=n
                )
                for n in range(METRICS)
            ],
            notes=["x" * ARTIFACT_BYTES],
            comparability=comparability_of({"benchmark": "shipping"}),
            provenance=Provenance(vttbench_version="0"),
        )
        for index in range(count)
    ]


def ours(uri: str, count: int) -> float:
    """Ship results from the spool and return results per second."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        spool = Spool(destination.spool_dir(root))
        for one in documents(count):
            stored = ResultStore(root / "results").write(one)
            spool.intend(one.result_id, stored.path, uri, "ours")
        start = time.perf_counter()
        shipping = Shipping(spool, uri)
        shipping.ship(spool.pending())
        seconds = time.perf_counter() - start
        if shipping.tally.left or len(shipping.tally.shipped) != count:
            raise SystemExit(f"not all shipped: {shipping.tally}")
        return count / seconds


def tutorial(uri: str, count: int) -> float:
    """Log results as MLflow's tutorials do and return results per second."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("tutorial")
    tags = {f"tag_{n}": "value" for n in range(8)}
    params = {f"parameter_{n}": n for n in range(PARAMS)}
    metrics = {f"metric_{n}": 1.0 * n for n in range(METRICS)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        path.write_bytes(b"x" * ARTIFACT_BYTES)
        start = time.perf_counter()
        for index in range(count):
            with mlflow.start_run(run_name=f"run {index}", tags=tags):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
                mlflow.log_artifact(str(path))
        return count / (time.perf_counter() - start)
