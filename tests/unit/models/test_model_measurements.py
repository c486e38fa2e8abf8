import pytest

from vttbench.models.errors import ModelError
from vttbench.models.measurements import measurements

THERE = {
    "name": "small",
    "file": "/models/small.gguf",
    "size_gb": 0.1,
    "quant": "Q4_0",
    "status": "ok",
}
MISSING = {"name": "large", "file": "/models/large.gguf", "status": "missing", "reason": "no file"}


def test_each_model_is_measured_with_each_context_in_a_run_of_its_own():
    found = measurements([THERE, {**THERE, "name": "other"}], "standard")
    assert len(found) == 8
    assert len({entry["variant"] for entry in found}) == 8


def test_the_command_names_model_context_and_form_of_output():
    (only,) = measurements([THERE], "quick", flags=["-ngl", 999], repetitions=3)
    assert only["variant"] == "small pp512-tg128"
    words = " ".join(only["arguments"])
    assert words == "-m /models/small.gguf -p 512 -n 128 -d 0 -r 3 -o jsonl -ngl 999"


def test_results_record_model_size_and_flags():
    (only,) = measurements([THERE], "quick", flags=["-fa", "1"])
    parameters = only["parameters"]
    assert (parameters["model"], parameters["size_gb"], parameters["quant"]) == (
        "small",
        0.1,
        "Q4_0",
    )
    assert (parameters["prompt"], parameters["generation"], parameters["depth"]) == (512, 128, 0)
    assert parameters["flags"] == "-fa 1"


def test_a_missing_model_is_skipped_once_with_its_reason():
    skipped, *others = measurements([MISSING, THERE], "standard")
    assert skipped["skip_reason"] == "model large is missing: no file"
    assert skipped["variant"] == "large"
    assert all(entry["skip_reason"] == "" for entry in others)
    assert len(others) == 4


def test_an_unknown_profile_is_an_error():
    with pytest.raises(ModelError, match="slow"):
        measurements([THERE], "slow")
