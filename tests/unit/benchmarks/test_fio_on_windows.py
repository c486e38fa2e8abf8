"""fio takes the colon of a drive for the border of two directories (axboe/fio 1912)."""

import importlib.util
from pathlib import Path

FILE = Path(__file__).parents[3] / "plugins" / "filter" / "vttbench.py"


def jobs(ioengine):
    spec = importlib.util.spec_from_file_location("vttbench_filters", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fio_jobs_of({"size": "512M", "runtime_s": 3, "ramp_s": 1}, "fio", ioengine)


def test_on_windows_the_colon_is_escaped_and_the_file_must_be_where_it_should():
    for job in jobs("windowsaio"):
        for command in (job["argv"], job["layout"]):
            assert "--directory=$VTTBENCH_SHARED_COLON_ESCAPED" in command
            assert "--thread" in command
        assert list(job["targets"].values()) == [512 * 2**20]


def test_on_linux_nothing_changed():
    for job in jobs("libaio"):
        assert "--directory=$VTTBENCH_SHARED" in job["argv"]
        assert job["targets"] == {}
