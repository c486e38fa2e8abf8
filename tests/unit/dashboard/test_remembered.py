"""What a snapshot remembers, asked again and by many threads."""

from __future__ import annotations

from dataclasses import replace

from vttbench.dashboard.store.snapshot import nothing


def test_the_same_question_is_answered_once_until_room_is_needed():
    snapshot, made = nothing(), []

    def ask(key: int) -> int:
        return snapshot.remembered(key, lambda: made.append(key) or key + 1)

    assert [ask(1), ask(1)] == [2, 2]
    assert made == [1]
    for key in range(100, 200):
        ask(key)
    ask(1)
    assert made.count(1) == 2


class _Crowded(dict):
    """A memory from which another thread takes an answer as soon as somebody has seen it there."""

    def __contains__(self, key: object) -> bool:
        there = super().__contains__(key)
        self.pop(key, None)
        return there


def test_an_answer_that_another_thread_pushes_out_is_still_given():
    snapshot = replace(nothing(), _known=_Crowded({1: "known"}))
    assert snapshot.remembered(1, lambda: "made anew") in ("known", "made anew")
