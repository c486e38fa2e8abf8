import pytest

from vttbench.suite.tags import UnknownTagError, select

BENCHMARKS = ("sevenzip", "stream", "llama")


def test_without_tags_everything_is_done():
    selection = select(["all"], [], BENCHMARKS)
    assert selection.stages == ("install", "preflight", "run", "collect")
    assert selection.benchmarks == BENCHMARKS


def test_a_benchmark_alone_goes_through_all_stages():
    selection = select(["llama"], [], BENCHMARKS)
    assert selection.stages == ("install", "preflight", "run", "collect")
    assert selection.benchmarks == ("llama",)


def test_a_stage_alone_is_done_for_all_benchmarks():
    selection = select(["install"], [], BENCHMARKS)
    assert selection.stages == ("install",)
    assert selection.benchmarks == BENCHMARKS


def test_a_stage_and_a_benchmark_mean_both_at_once():
    selection = select(["install", "llama"], [], BENCHMARKS)
    assert selection.stages == ("install",)
    assert selection.benchmarks == ("llama",)


def test_a_measurement_brings_its_checks_and_its_table_along():
    assert select(["run"], [], BENCHMARKS).stages == ("preflight", "run", "collect")


def test_what_is_skipped_stays_skipped():
    selection = select(["run"], ["preflight", "stream"], BENCHMARKS)
    assert selection.stages == ("run", "collect")
    assert selection.benchmarks == ("sevenzip", "llama")


def test_the_order_is_that_of_the_house_not_of_the_command_line():
    assert select(["stream", "sevenzip"], [], BENCHMARKS).benchmarks == ("sevenzip", "stream")


def test_a_benchmark_of_other_hosts_selects_nothing_here():
    assert select(["cinebench"], [], BENCHMARKS, elsewhere=["cinebench"]).benchmarks == ()


@pytest.mark.parametrize("tags", [(["llma"], []), (["all"], ["llma"])])
def test_a_typing_error_is_told_with_what_there_is(tags):
    with pytest.raises(UnknownTagError, match=r"llma.*install.*sevenzip, stream, llama"):
        select(*tags, BENCHMARKS)
