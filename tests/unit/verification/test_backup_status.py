"""What the backup's own record means to whoever asks whether all is well."""

import json
from datetime import UTC, datetime

import pytest

from vttbench.verification import backup_status

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GOOD = {
    "last_success": {"backup": "20261125T023000Z", "at": "2026-11-25T02:30:10Z", "objects": 7},
    "last_attempt": {"at": "2026-11-25T02:30:00Z", "ok": True},
}


def state(content: object) -> tuple[str, str]:
    text = content if isinstance(content, str) else json.dumps(content)
    found = backup_status.verify("ms01:/b", text, now=NOW)
    return found.state, found.detail


def test_a_good_one_of_last_night_is_told_with_its_age():
    assert state(GOOD) == ("ok", "20261125T023000Z, 9 h ago, 7 objects")


def test_none_yet_is_no_fault():
    assert state("")[0] == "ok"


def test_a_failed_attempt_is_a_fault_however_young_the_last_good_one_is():
    attempt = {"at": "2026-11-25T11:00:00Z", "ok": False, "error": "bucket: no room"}
    assert state(GOOD | {"last_attempt": attempt}) == (
        "failed",
        "the last one failed: bucket: no room",
    )


def test_a_good_one_that_is_old_is_a_fault():
    old = GOOD["last_success"] | {"at": "2026-11-20T02:30:10Z"}
    assert state(GOOD | {"last_success": old})[0] == "failed"


@pytest.mark.parametrize(
    "broken", ["{", "[]", '{"last_success": {"at": 3}}', '{"last_success": 3}']
)
def test_a_broken_record_is_a_fault_and_no_crash(broken):
    found, detail = state(broken)
    assert found == "failed"
    assert "status.json" in detail
