"""What a snapshot remembers, asked by many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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


def test_threads_that_push_each_others_answers_out_still_get_theirs():
    snapshot = nothing()

    def ask(number: int) -> bool:
        key = number % 97
        return snapshot.remembered(key, lambda: f"answer {key}") == f"answer {key}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(20_000)))
