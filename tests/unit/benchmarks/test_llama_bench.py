import json
import statistics
from pathlib import Path

import pytest

from vttbench.benchmarks.llama_bench import parse
from vttbench.benchmarks.output import OutputError, RawOutput

RECORDED = Path(__file__).parents[2] / "recorded" / "llama_bench"

# Forms that llama.cpp prints with a graphics device, as people quote them in its tracker; there is
# no such device where the recordings were made.
VULKAN = """\
ggml_vulkan: Found 1 Vulkan devices:
ggml_vulkan: 0 = AMD Radeon Graphics (RADV GFX1151) (radv) | uma: 1 | fp16: 1 | bf16: 0 \
| warp size: 64 | shared memory: 65536 | int dot: 1 | matrix cores: KHR_coopmat
"""
AMDVLK = VULKAN.replace("(RADV GFX1151) (radv)", "(AMD open-source driver)")
ROCM = """\
ggml_cuda_init: found 1 ROCm devices (Total VRAM: 126976 MiB):
  Device 0: Radeon 8060S Graphics, gfx1151 (0x1151), VMM: no, Wave Size: 32, VRAM: 126976 MiB
"""


def recorded(name, returncode=0):
    def content(kind):
        path = RECORDED / f"{name}.{kind}"
        return path.read_bytes() if path.exists() else b""

    return RawOutput(content("stdout"), content("stderr"), returncode)


def objects_of(name):
    return [json.loads(line) for line in recorded(name).stdout.splitlines()]


def lines(tests):
    return RawOutput("\n".join(json.dumps(test) for test in tests).encode())


def values(parsed):
    return {reading.name: reading.value for reading in parsed.readings}


@pytest.fixture
def two_tests():
    """A prompt and a generation of three repetitions, to be broken."""
    return objects_of("b11312-jsonl")


def test_the_value_is_the_mean_of_the_repetitions():
    parsed = parse(recorded("b11312-jsonl"))
    assert values(parsed) == {
        "prompt_tps": pytest.approx(statistics.fmean([279.99, 308.487, 84.836])),
        "generation_tps": pytest.approx(statistics.fmean([75.6755, 59.3188, 58.2813])),
    }
    assert {(r.unit, r.higher_is_better, r.primary) for r in parsed.readings} == {
        ("tokens/s", True, True)
    }


def test_both_json_formats_give_the_same_metrics():
    parsed = parse(recorded("b11312-json"))
    assert set(values(parsed)) == {"prompt_tps", "generation_tps"}
    assert values(parsed)["generation_tps"] == pytest.approx((149.196 + 45.1441) / 2)


def test_an_array_on_one_line_is_read_too(two_tests):
    raw = RawOutput(json.dumps(two_tests).encode())
    assert values(parse(raw)) == values(parse(recorded("b11312-jsonl")))


def test_speed_at_depth_is_a_metric_of_its_own():
    assert list(values(parse(recorded("b11312-depth")))) == [
        "prompt_tps", "generation_tps", "prompt_tps_d512", "generation_tps_d512",
    ]  # fmt: skip


def test_several_sizes_in_one_process_carry_their_size():
    assert list(values(parse(recorded("b11312-sweep")))) == [
        "prompt_tps_32", "prompt_tps_64", "generation_tps", "prompt_generation_tps",
    ]  # fmt: skip


def test_a_model_in_two_parts_counts_the_weights_of_both():
    assert parse(recorded("b11312-split")).comparable["model_n_params"] == 2496000


def test_what_must_be_equal_is_recorded():
    parsed = parse(recorded("b11312-flags"))
    assert parsed.tool_version == "11312 (0c1e57098)"
    assert dict(parsed.comparable) == {
        "build_commit": "0c1e57098", "build_number": 11312, "backends": "CPU", "devices": "auto",
        "n_gpu_layers": 999, "flash_attn": 1, "type_k": "f16", "type_v": "f16", "n_batch": 2048,
        "n_ubatch": 512, "n_threads": 2, "load_mode": "none", "model_type": "llama 256M Q4_0",
        "model_size": 75785472, "model_n_params": 134515008,
    }  # fmt: skip


@pytest.mark.parametrize("version", ["7841fc723-jsonl", "1d1ccce67-json"])
def test_older_versions_are_read(version):
    parsed = parse(recorded(version))
    assert set(values(parsed)) == {"prompt_tps", "generation_tps"}
    assert parsed.comparable["use_mmap"] is False
    assert "load_mode" not in parsed.comparable
    assert parsed.tool_version is not None


def test_backends_are_recorded_from_the_time_when_each_was_a_field_of_its_own():
    raw = recorded("1d1ccce67-json")
    assert parse(raw).comparable["backends"] == "CPU"
    vulkan = RawOutput(raw.stdout.replace(b'"vulkan": false', b'"vulkan": true'))
    assert parse(vulkan).comparable["backends"] == "vulkan"


def test_more_than_one_setting_in_a_process_is_refused():
    with pytest.raises(OutputError, match=r"n_threads \(1, 2\)"):
        parse(recorded("b11312-threads"))


def test_two_models_in_a_process_are_refused(two_tests):
    two_tests[1]["model_filename"] = "another.gguf"
    with pytest.raises(OutputError, match=r"another\.gguf"):
        parse(lines(two_tests))


def test_the_same_test_twice_is_refused(two_tests):
    with pytest.raises(OutputError, match="twice"):
        parse(lines([two_tests[0], two_tests[0]]))


@pytest.mark.parametrize(
    ("stderr", "driver"), [(VULKAN, "radv"), (AMDVLK, "AMD open-source driver"), (ROCM, "ROCm")]
)
@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_the_driver_of_the_graphics_device_is_part_of_what_must_be_equal(stderr, driver, stream):
    device = stderr.splitlines()[1].strip()
    plain = recorded("b11312-jsonl").stdout
    raw = (
        RawOutput(plain, stderr.encode())
        if stream == "stderr"
        else RawOutput(stderr.encode() + plain)
    )
    parsed = parse(raw)
    assert parsed.comparable["gpu_driver"] == driver
    assert parsed.notes.count(device) == 1


def test_lines_between_the_objects_are_noise_and_kept(two_tests):
    first, second = (json.dumps(test).encode() for test in two_tests)
    raw = RawOutput(b"[INFO] loading\r\n" + first + b"\r\nROCm: hello {world}\r\n" + second)
    parsed = parse(raw)
    assert set(values(parsed)) == {"prompt_tps", "generation_tps"}
    assert parsed.notes == ("[INFO] loading", "ROCm: hello {world}")


def test_a_build_that_warns_about_itself_is_noted(two_tests):
    raw = RawOutput(lines(two_tests).stdout, b"warning: debug build, performance may be affected\n")
    assert parse(raw).notes == ("warning: debug build, performance may be affected",)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b11312-load-failure-json", "failed to load model 'missing.gguf'"),
        ("b11312-load-failure-jsonl", "failed to load model 'missing.gguf'"),
        ("b11312-split-second-part", "failed to load model"),
        ("b11312-unknown-flag", "invalid parameter for argument: -mmp"),
        ("7841fc723-load-failure-json", "failed to load model 'missing.gguf'"),
        ("1d1ccce67-unknown-format", "invalid parameter"),
    ],
)
def test_a_failure_says_the_last_words_of_the_tool(name, said):
    with pytest.raises(OutputError, match=said):
        parse(recorded(name, returncode=1))


def test_a_crash_after_half_of_the_tests_is_a_failure(two_tests):
    raw = RawOutput(json.dumps(two_tests[0]).encode(), b"\nterminate called\n\n", -6)
    with pytest.raises(OutputError, match="status -6: terminate called"):
        parse(raw)


@pytest.mark.parametrize("stdout", [b"", b"[\n", b"[\n]\n", b"| model | t/s |\n", b"\xff\xfe\x00"])
def test_output_without_a_test_is_refused(stdout):
    with pytest.raises(OutputError, match="no test"):
        parse(RawOutput(stdout))


@pytest.mark.parametrize("name", ["b11312-json", "b11312-jsonl"])
def test_output_that_breaks_off_is_refused_wherever_it_does(name):
    stdout = recorded(name).stdout.rstrip(b"]\n ")
    second = stdout.rindex(b"{")
    for end in range(second + 1, len(stdout)):
        with pytest.raises(OutputError, match="isn't whole"):
            parse(RawOutput(stdout[:end]))


@pytest.mark.parametrize("text", ["nan", "-nan", "inf", "-nan(ind)", "NaN", "0", "-3.5", "null"])
def test_a_sample_that_is_no_speed_takes_its_metric_away_and_no_other(two_tests, text):
    stdout = lines(two_tests).stdout.replace(b"308.487", text.encode())
    parsed = parse(RawOutput(stdout))
    assert set(values(parsed)) == {"generation_tps"}
    assert [metric.name for metric in parsed.absent] == ["prompt_tps"]
    assert any("prompt_tps" in note for note in parsed.notes)


def test_a_repetition_too_short_for_any_clock_is_named_and_not_averaged(two_tests):
    two_tests[1]["samples_ns"][0] = 32
    two_tests[1]["samples_ts"][0] = 1e6
    parsed = parse(lines(two_tests))
    assert set(values(parsed)) == {"prompt_tps"}
    assert "32 ns" in parsed.absent[0].reason


def test_repetitions_that_can_not_all_be_true_are_named_and_not_averaged(two_tests):
    two_tests[0]["samples_ts"] = [4.75, 4.80, 48.1]
    parsed = parse(lines(two_tests))
    assert set(values(parsed)) == {"generation_tps"}
    assert "4.75 to 48.1" in parsed.absent[0].reason


def test_nothing_believable_at_all_is_a_failure_that_says_why(two_tests):
    for test in two_tests:
        test["samples_ts"] = [0, 0, 0]
    with pytest.raises(OutputError, match=r"prompt_tps: .*generation_tps: "):
        parse(lines(two_tests))


def test_a_version_without_single_repetitions_gives_its_mean(two_tests):
    for test in two_tests:
        del test["samples_ts"], test["samples_ns"]
    assert values(parse(lines(two_tests)))["prompt_tps"] == two_tests[0]["avg_ts"]


def test_a_version_that_does_not_say_its_build_has_no_version(two_tests):
    for test in two_tests:
        del test["build_commit"]
    assert parse(lines(two_tests)).tool_version is None


@pytest.mark.parametrize("tokens", [-1, "512", 1.5, True, None])
def test_a_number_of_tokens_that_is_none_is_refused(two_tests, tokens):
    two_tests[0]["n_prompt"] = tokens
    with pytest.raises(OutputError, match="n_prompt"):
        parse(lines(two_tests))
