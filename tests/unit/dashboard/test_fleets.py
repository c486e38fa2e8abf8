"""What the lottery says of a fleet stands beside the dots, and follows the results."""

from __future__ import annotations

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import generation, snapshot, synchronising
from vttbench.dashboard.store.fleets import key_of


def findings(settings: Settings) -> dict:
    published = generation.current(settings.cache_dir)
    assert published is not None
    return dict(snapshot.load(published).findings)


def test_the_planted_best_machine_is_named_for_each_metric_and_over_all(settings):
    found = findings(settings)["fleets"]
    assert set(found) == {"zbooks"}
    zbooks = found["zbooks"]
    assert zbooks["score"][0].startswith("zbook-03 is ")
    assert zbooks["metrics"][key_of("sevenzip", None, "total_mips")][0].startswith("zbook-03 is ")


def test_a_fleet_is_judged_anew_when_its_results_change_and_else_kept(settings):
    before = findings(settings)
    rows = snapshot.load(generation.current(settings.cache_dir)).rows
    conditions = snapshot.load(generation.current(settings.cache_dir)).conditions
    kept = {name: {"hosts": one["hosts"]} for name, one in before["fleets"].items()}
    marked = before | {"fleets": kept}
    assert synchronising.find(rows, conditions, marked)["fleets"] == marked["fleets"]
    fewer = rows.filter(rows["host"] != "zbook-03")
    judged = synchronising.find(fewer, conditions, marked)["fleets"]["zbooks"]
    assert "zbook-03" not in str(judged)
    assert "score" in judged
