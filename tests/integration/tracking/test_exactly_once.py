"""Each result is one run, whatever dies on the way and whoever else ships it."""

from __future__ import annotations

import http.client
import os
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import factories
import pytest
from conftest import Reader, Server

from vttbench.result import Provenance
from vttbench.tracking import destination
from vttbench.tracking.backend import Backend, Patience, connect
from vttbench.tracking.errors import UnavailableError
from vttbench.tracking.exactly_once import Document, ExactlyOnce
from vttbench.tracking.parents import Parents
from vttbench.tracking.shipping import Shipping
from vttbench.tracking.spool import Play, Spool, utc_now

PLAY = "019d3c5a-2222-7000-8000-000000000001"


def in_a_process(work: Callable[[], None]) -> int:
    """Run work in a forked process and return its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]


def spooled(spool: Spool, checkout: Path, uri: str, experiment: str, *results: Any) -> None:
    for result in results:
        stored = factories.stored(checkout / "results", result)
        spool.intend(result.result_id, stored.path, uri, experiment)


def shipped(spool: Spool, uri: str, patience: Patience | None = None) -> Shipping:
    shipping = Shipping(spool, uri, patience)
    shipping.ship(spool.pending(uri))
    if shipping.tally.problem is None:
        shipping.finish_plays()
    shipping.close()
    return shipping


def assert_each_is_one_complete_run(reader: Reader, *results: Any) -> None:
    runs = reader.results()
    assert sorted(run.data.tags["result_id"] for run in runs) == sorted(
        result.result_id for result in results
    )
    for run in runs:
        assert run.info.status == "FINISHED"
        assert run.data.metrics["total_rating"] == pytest.approx(11953.33, abs=0.01)
        assert reader.text(run.info.run_id, "result.json")


class Deadly:
    """A backend whose process is killed at one of its calls, before or after it took effect."""

    def __init__(self, inner: Backend, at: int, *, before: bool) -> None:
        self.inner, self.at, self.before, self.calls = inner, at, before, 0
        self.threads = 1

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.at and self.before:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = method(*args, **kwargs)
            if self.calls == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_step_and_replayed(uri, experiment, spool, checkout, reader, before):
    provenance = Provenance(vttbench_version="0.1.0", play_id=PLAY)
    result = factories.result(provenance=provenance)
    spool.save_play(Play(PLAY, uri, "2026-11-25T07:40:00Z", experiment, finished_at=utc_now()))
    for step in range(1, 40):
        spooled(spool, checkout, uri, experiment, result)
        (path, *_) = (checkout / "results").glob("*/*/*.json")
        document = Document(result, path, path.read_bytes())

        def ship(step: int = step, document: Document = document) -> None:
            backend: Any = Deadly(connect(uri), step, before=before)
            experiment_id = backend.experiment(experiment)
            parents = Parents(backend, experiment_id, spool.plays())
            ExactlyOnce(backend, experiment_id, parents.of).write([document])
            for play in spool.plays():
                parents.finish(play)

        status = in_a_process(ship)
        assert shipped(spool, uri).tally.problem is None
        assert_each_is_one_complete_run(reader, result)
        (parent,) = reader.parents()
        assert parent.info.run_id == reader.results()[0].data.tags["mlflow.parentRunId"]
        if not os.WIFSIGNALED(status):
            break
        # From scratch for the next step.
        for run in reader.runs():
            reader.client.delete_run(run.info.run_id)
        spool.save_play(Play(PLAY, uri, "2026-11-25T07:40:00Z", experiment, finished_at=utc_now()))
    assert step > 11  # search, create, upload, terminate, log, ... of result and parent


def test_shipping_again_and_again_changes_nothing(uri, experiment, spool, checkout, reader):
    results = factories.many(3)
    ids = set()
    for _ in range(3):
        spooled(spool, checkout, uri, experiment, *results)
        assert shipped(spool, uri).tally.left == 0
        assert spool.pending() == []
        ids.add(frozenset(run.info.run_id for run in reader.results()))
    assert_each_is_one_complete_run(reader, *results)
    assert len(ids) == 1


def test_two_controllers_that_replay_at_the_same_time(uri, experiment, tmp_path, reader):
    provenance = Provenance(vttbench_version="0.1.0", play_id=PLAY)
    results = factories.many(8, provenance=provenance)
    controllers = []
    for name in ("one", "two"):
        root = tmp_path / name
        spool = Spool(destination.spool_dir(root))
        spooled(spool, root, uri, experiment, *results)
        spool.save_play(Play(PLAY, uri, "2026-11-25T07:40:00Z", experiment, finished_at=utc_now()))
        controllers.append(spool)
    connect(uri).experiment(experiment)
    pids = []
    for spool in controllers:
        pid = os.fork()
        if pid == 0:
            shipped(spool, uri)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    for spool in controllers:  # SQLite may have turned one of them away
        assert shipped(spool, uri).tally.left == 0
    assert_each_is_one_complete_run(reader, *results)
    (parent,) = reader.parents()
    assert {run.data.tags["mlflow.parentRunId"] for run in reader.results()} == {parent.info.run_id}


def test_two_complete_runs_of_a_result_become_one_again(uri, experiment, spool, checkout, reader):
    result = factories.result()
    spooled(spool, checkout, uri, experiment, result)
    assert shipped(spool, uri).tally.left == 0
    (run,) = reader.results()
    twin = reader.client.create_run(
        run.info.experiment_id, start_time=run.info.start_time, tags=run.data.tags
    )
    reader.client.set_terminated(twin.info.run_id)
    spooled(spool, checkout, uri, experiment, result)
    shipped(spool, uri)
    (kept,) = reader.results()
    assert kept.info.run_id == min(run.info.run_id, twin.info.run_id)


def test_a_second_parent_hands_over_its_children_and_goes(uri, experiment, spool, checkout, reader):
    provenance = Provenance(vttbench_version="0.1.0", play_id=PLAY)
    first, second = factories.many(2, provenance=provenance)
    spool.save_play(Play(PLAY, uri, "2026-11-25T07:40:00Z", experiment, finished_at=utc_now()))
    spooled(spool, checkout, uri, experiment, first)
    shipped(spool, uri)
    (parent,) = reader.parents()
    twin = reader.client.create_run(
        parent.info.experiment_id, tags={"play_id": PLAY, "vttbench.kind": "play"}
    )
    (child,) = reader.results()
    for loser in (parent, twin):  # whichever of them goes, the child was with it
        if loser.info.run_id != min(parent.info.run_id, twin.info.run_id):
            reader.client.set_tag(child.info.run_id, "mlflow.parentRunId", loser.info.run_id)
    spooled(spool, checkout, uri, experiment, second)
    assert shipped(spool, uri).tally.left == 0
    (kept,) = reader.parents()
    assert kept.info.run_id == min(parent.info.run_id, twin.info.run_id)
    assert {run.data.tags["mlflow.parentRunId"] for run in reader.results()} == {kept.info.run_id}


def test_a_run_that_another_controller_is_still_writing_is_not_removed(
    uri, experiment, spool, checkout, reader
):
    result = factories.result()
    spooled(spool, checkout, uri, experiment, result)
    assert shipped(spool, uri).tally.left == 0
    (run,) = reader.results()
    tags = dict(run.data.tags)
    tags["vttbench.claim"] = "another"
    tags["vttbench.claimed_by"] = tags["vttbench.claimed_by"].replace(
        os.uname().nodename, "another-controller"
    )
    reader.client.create_run(run.info.experiment_id, start_time=run.info.start_time, tags=tags)
    spooled(spool, checkout, uri, experiment, result)
    shipped(spool, uri)
    assert len(reader.results()) == 2


class _Unreliable(BaseHTTPRequestHandler):
    """Hands requests on to a real server; loses the answer to one of them and says 504."""

    protocol_version = "HTTP/1.1"
    target: str
    lose: int
    seen: int
    lock: threading.Lock

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(urlsplit(self.target).netloc)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content, status = answer.read(), answer.status
        with type(self).lock:
            type(self).seen += 1
            if type(self).seen == type(self).lose:
                content, status = b"gateway time-out", 504
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815  # http.server's names


@pytest.fixture
def unreliable(server: Server) -> Iterator[Any]:
    class Handler(_Unreliable):
        target, lose, seen, lock = server.uri, 0, 0, threading.Lock()

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    Handler.uri = f"http://127.0.0.1:{proxy.server_address[1]}"  # type: ignore[attr-defined]
    yield Handler
    proxy.shutdown()
    proxy.server_close()


@pytest.mark.parametrize("retries", [0, 2])
def test_504_although_all_was_written(server, unreliable, experiment, spool, checkout, retries):
    reader = Reader(server.uri, experiment)
    patience = Patience(retries=retries)
    connect(server.uri).experiment(experiment)
    results = []
    for lost in range(1, 20):
        result = factories.result()
        results.append(result)
        spooled(spool, checkout, unreliable.uri, experiment, result)
        unreliable.seen, unreliable.lose = 0, lost
        first = shipped(spool, unreliable.uri, patience)
        went_wrong = first.tally.left
        unreliable.lose = 0
        assert shipped(spool, unreliable.uri, patience).tally.left == 0
        if lost > unreliable.seen and not went_wrong:
            break
    assert lost > 6
    assert_each_is_one_complete_run(reader, *results)


def test_a_server_that_dies_between_create_and_terminate(tmp_path, experiment, spool, checkout):
    server = Server(tmp_path)
    server.start()
    result = factories.result()
    spooled(spool, checkout, server.uri, experiment, result)

    class DiesAfterCreate:
        threads = 1

        def __init__(self, inner: Backend) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def create(self, *args: Any) -> Any:
            made = self.inner.create(*args)
            server.kill()
            return made

    try:
        backend: Any = DiesAfterCreate(connect(server.uri, Patience(retries=0)))
        (entry,) = spool.pending()
        document = Document(result, entry.path, entry.path.read_bytes())
        experiment_id = backend.experiment(experiment)
        (outcome,) = ExactlyOnce(backend, experiment_id).write([document])
        assert isinstance(outcome.error, UnavailableError)
        server.start()
        reader = Reader(server.uri, experiment)
        assert [run.info.status for run in reader.results()] == ["RUNNING"]
        assert shipped(spool, server.uri).tally.left == 0
        assert_each_is_one_complete_run(reader, result)
    finally:
        server.kill()
