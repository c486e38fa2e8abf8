"""A journal that another host's step finds is never half there."""

from __future__ import annotations

import factories

from vttbench.measuring import journal
from vttbench.measuring.journal import Journal, abandoned, folder_in


def test_nobody_takes_a_journal_that_is_just_being_made_for_abandoned(tmp_path, monkeypatch):
    written = journal.write_replacing
    looks = 0

    def write_while_another_looks(path, content):
        nonlocal looks
        looks += 1
        assert list(abandoned(tmp_path)) == []
        written(path, content)

    monkeypatch.setattr(journal, "write_replacing", write_while_another_looks)
    one = Journal(tmp_path, "a-result")
    assert looks > 0
    one.draft(factories.result())
    assert (folder_in(tmp_path) / "a-result" / "draft.json").is_file()


def test_a_journal_whose_owner_is_gone_is_found_with_what_was_measured(tmp_path, monkeypatch):
    one, result = Journal(tmp_path, "a-result"), factories.result()
    one.draft(result)
    assert list(abandoned(tmp_path)) == []
    monkeypatch.setattr(journal, "alive", lambda *_, **__: False)
    ((draft, raw, remove),) = list(abandoned(tmp_path))
    assert (draft.result_id, raw) == (result.result_id, one.raw_dir)
    remove()
    assert list(abandoned(tmp_path)) == []
