"""At which sizes a model is measured."""

from __future__ import annotations

import pytest

from vttbench.models.contexts import Context, contexts
from vttbench.models.errors import ModelError


def test_profiles_are_the_published_ones() -> None:
    quick = {(512, 128, 0)}
    standard = quick | {(4096, 512, 0), (16384, 512, 0), (0, 128, 8192)}
    comprehensive = standard | {(2048, 256, 0), (8192, 512, 0), (32768, 512, 0)}
    for profile, wanted in (
        ("quick", quick), ("standard", standard), ("comprehensive", comprehensive),
    ):  # fmt: skip
        assert {(c.prompt, c.generation, c.depth) for c in contexts(profile)} == wanted


def test_a_full_run_measures_the_comprehensive_profile() -> None:
    assert contexts("full") == contexts("comprehensive")


def test_a_context_says_what_llama_bench_is_asked() -> None:
    assert Context(512, 128).arguments == ["-p", "512", "-n", "128", "-d", "0"]
    assert Context(0, 128, 8192).arguments == ["-p", "0", "-n", "128", "-d", "8192"]


def test_names_of_contexts_are_distinct_and_readable() -> None:
    names = [context.name for context in contexts("comprehensive")]
    assert len(set(names)) == len(names)
    assert Context(512, 128).name == "pp512-tg128"
    assert Context(0, 128, 8192).name == "tg128-d8192"


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'slow'.*quick, standard, comprehensive"):
        contexts("slow")
