"""How much memory PostgreSQL takes of a host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.postgresql.memory import memory_settings


def megabytes(settings: dict[str, str]) -> dict[str, int]:
    return {name: int(value.removesuffix("MB")) for name, value in settings.items()}


def test_a_server_of_64_gb_gets_what_the_manual_and_pgtune_advise():
    assert memory_settings(65536, share=0.5, max_connections=200) == {
        "shared_buffers": "8192MB",
        "effective_cache_size": "24576MB",
        "maintenance_work_mem": "2048MB",
        "work_mem": "40MB",
    }


def test_a_small_guest_keeps_the_servers_own_least():
    assert memory_settings(512, share=0.5, max_connections=200) == {
        "shared_buffers": "128MB",
        "effective_cache_size": "192MB",
        "maintenance_work_mem": "64MB",
        "work_mem": "4MB",
    }


@given(
    st.integers(min_value=2048, max_value=4_000_000),
    st.floats(min_value=0.1, max_value=1),
    st.integers(min_value=1, max_value=1000),
)
def test_buffers_and_sorts_stay_within_the_share(memory, share, connections):
    sizes = megabytes(memory_settings(memory, share=share, max_connections=connections))
    assert sizes["shared_buffers"] <= max(128, memory * share / 4)
    assert sizes["effective_cache_size"] <= max(128, memory * share)
    assert sizes["work_mem"] == 4 or (
        sizes["shared_buffers"] + 3 * connections * sizes["work_mem"] <= memory * share
    )


def test_a_kernel_that_reports_a_few_pages_less_restarts_nothing():
    assert memory_settings(65000) == memory_settings(65000 - 3)


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_refuses_a_share_that_makes_no_sense(share):
    with pytest.raises(ValueError, match="above 0 and up to 1"):
        memory_settings(4096, share=share)


@pytest.mark.parametrize(("memory", "connections"), [(0, 10), (4096, 0)])
def test_refuses_no_memory_and_no_connections(memory, connections):
    with pytest.raises(ValueError, match="expected 1 or more"):
        memory_settings(memory, max_connections=connections)
