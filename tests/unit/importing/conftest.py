"""Older files, made by hand from the description of their format: none of them is a measurement."""

import json

import pytest

# Numbers are told apart easily; the 7-Zip ones are those of the known mix-up: 7733 is compression
# R/U, 39072 the speed of decompression in KiB/s, 3336 the rating of decompression.
MODELS = {
    "hostname": "zbook-01",
    "timestamp": "2025-10-03T14:22:10+02:00",
    "system": {"cpu": "AMD Ryzen AI Max+ 395", "cores": 16, "memory_gb": 128},
    "models": [
        {
            "model_name": "gpt-oss-20b",
            "parts": 1,
            "size_gb": 12.1,
            "results": {"prompt_processing_tps": 1234.5, "text_generation_tps": 61.2},
        },
        {
            "model_name": "qwen3 235b/Q3",
            "parts": 3,
            "size_gb": "96,5",
            "results": {"prompt_processing_tps": "140,25", "text_generation_tps": 0},
        },
    ],
}
SEVENZIP = {
    "benchmark": "7zip",
    "timestamp": "2025-10-03T14:30:00Z",
    "cpu": "AMD EPYC",
    "results": {"compression_mips": 7733, "decompression_mips": 39072, "overall_mips": 3336},
}
STREAM = {
    "benchmark": "stream",
    "timestamp": "20251003_143500",
    "cpu": "AMD EPYC",
    "results": {"copy_mbps": 47100.5, "scale_mbps": 41000, "add_mbps": 44000, "triad_mbps": 44300},
}
STORAGE = {
    "benchmark": "storage",
    "timestamp": "2025-10-03T14:40:00Z",
    "cpu": "AMD EPYC",
    "results": {
        "sequential_read_mbps": 1335,
        "sequential_write_mbps": 0,
        "random_read_iops": 22200,
        "random_write_iops": 0.0,
        "mixed_rw_70_30_iops": 12100,
    },
}
INFERENCE = {
    "benchmark": "llama-inference",
    "timestamp": "2025-10-03T14:50:00Z",
    "cpu": "AMD EPYC",
    "results": {"prompt_processing_tps": 626.5, "text_generation_tps": 148.25},
}


@pytest.fixture
def old_files(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    for name, data in {
        "models": MODELS,
        "7zip": SEVENZIP,
        "stream": STREAM,
        "storage": STORAGE,
        "inference": INFERENCE,
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(data))
    return folder


@pytest.fixture
def old_data():
    """Each older file as decoded JSON, a fresh copy."""
    texts = {"models": MODELS, "7zip": SEVENZIP, "stream": STREAM, "storage": STORAGE}
    return {name: json.loads(json.dumps(data)) for name, data in texts.items()}
