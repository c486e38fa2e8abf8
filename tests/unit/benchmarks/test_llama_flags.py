from pathlib import Path

import pytest

from vttbench.benchmarks.llama_flags import translated

RECORDED = Path(__file__).parents[2] / "recorded" / "llama_bench"
TEAM = ["-fa", "1", "-mmp", "0", "-ngl", "999"]


def help_of(version):
    return (RECORDED / f"{version}-help.stdout").read_text()


def test_a_flag_that_was_replaced_is_said_in_the_new_words():
    assert translated(TEAM, help_of("b11312")) == ["-fa", "1", "-lm", "none", "-ngl", "999"]


def test_flags_that_a_version_knows_are_left_alone():
    assert translated(TEAM, help_of("7841fc723")) == TEAM
    both = help_of("7841fc723") + help_of("b11312")
    assert translated(TEAM, both) == TEAM


def test_newer_words_are_said_in_the_older_ones():
    assert translated(["--load-mode", "mmap"], help_of("7841fc723")) == ["-mmp", "1"]


@pytest.mark.parametrize("flags", [["-mmp", "0,1"], ["-mmp"], ["-lm", "dio"], [], ["--new", "1"]])
def test_what_nobody_can_translate_is_left_to_the_tool(flags):
    for version in ("b11312", "7841fc723"):
        if flags[:1] != ["-lm"] or version == "7841fc723":
            assert translated(flags, help_of(version)) == flags


def test_nothing_is_translated_for_a_version_that_is_not_there_yet():
    assert translated(TEAM, "") == TEAM
