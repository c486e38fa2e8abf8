"""Older results: true names, honest gaps, and the same documents each time."""

import hashlib
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.cli import main
from vttbench.importing.documents import Origin, documents_in, result_id
from vttbench.importing.files import import_files
from vttbench.importing.reading import ImportFormatError, number_in
from vttbench.result import Status, dumps, load, loads
from vttbench.store import ResultStore


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "results")


def documents(data, **origin):
    return documents_in(json.dumps(data).encode(), Origin("old.json", **origin))


def values(document):
    return {metric.name: (metric.value, metric.unit) for metric in document.metrics}


def gaps(document):
    return {absent.name: absent.reason for absent in document.absent}


def test_models_become_one_document_each(old_data):
    small, large = documents(old_data["models"])
    assert small.host.name == "zbook-01"
    assert (small.host.cpu, small.host.cores, small.host.memory_gb) == (
        "AMD Ryzen AI Max+ 395",
        16,
        128,
    )
    assert (small.benchmark.name, small.benchmark.variant) == ("llama", "gpt-oss-20b")
    assert values(small) == {"prompt_tps": (1234.5, "t/s"), "generation_tps": (61.2, "t/s")}
    assert small.benchmark.parameters == {"model": "gpt-oss-20b", "size_gb": 12.1, "parts": 1}
    assert small.started_at.isoformat() == "2025-10-03T12:22:10+00:00"
    assert values(large) == {"prompt_tps": (140.25, "t/s")}
    assert "holds 0" in gaps(large)["generation_tps"]
    assert large.benchmark.parameters["size_gb"] == 96.5


def test_sevenzip_values_get_their_true_names(old_data):
    (document,) = documents(old_data["7zip"], host="h")
    assert values(document) == {
        "compression_mips_per_usage": (7733, "MIPS"),
        "decompression_speed": (39072, "KiB/s"),
        "decompression_mips": (3336, "MIPS"),
    }
    assert set(gaps(document)) == {"compression_mips", "total_mips"}
    assert any("wrong columns" in note for note in document.notes)


@pytest.mark.parametrize("overall", [0, "", None])
def test_sevenzip_of_the_old_table_is_told_by_its_missing_total(old_data, overall):
    """``Avr: 177 7674 13550 | 194 4893 9488`` has its words elsewhere, and no word 10."""
    old_data["7zip"]["results"] = {
        "compression_mips": 13550,
        "decompression_mips": 4893,
        "overall_mips": overall,
    }
    (document,) = documents(old_data["7zip"], host="h")
    assert values(document) == {
        "compression_mips": (13550, "MIPS"),
        "decompression_mips_per_usage": (4893, "MIPS"),
    }


def test_stream_is_in_gigabytes(old_data):
    (document,) = documents(old_data["stream"], host="h")
    assert values(document)["copy_bandwidth"] == (pytest.approx(47.1005), "GB/s")
    assert set(values(document)) == {f"{k}_bandwidth" for k in ("copy", "scale", "add", "triad")}
    assert any("no UTC offset" in note for note in document.notes)


def test_storage_says_depth_one_and_refuses_zero_writes(old_data):
    found = {entry.benchmark.variant: entry for entry in documents(old_data["storage"], host="h")}
    assert set(found) == {
        "sequential-read-depth-1",
        "sequential-write-depth-1",
        "random-read-depth-1",
        "random-write-depth-1",
        "mixed-70-30-depth-1",
    }
    random = found["random-read-depth-1"]
    assert values(random) == {"random_read_iops": (22200, "1/s")}
    assert random.benchmark.parameters["iodepth"] == 1
    assert random.comparability.fields["ioengine"] == "psync"
    assert any("one request in flight" in note for note in random.notes)
    for way in ("sequential-write", "random-write"):
        written = found[f"{way}-depth-1"]
        assert written.status is Status.FAILED
        assert written.metrics == []
        assert "wrote 0 for writes" in written.error.message
    mixed = found["mixed-70-30-depth-1"]
    assert values(mixed) == {"mixed_70_30_read_iops": (12100, "1/s")}
    assert any("left out its writes" in note for note in mixed.notes)


def test_single_measurement_has_no_interval_and_is_not_ok(old_data):
    for document in documents(old_data["models"]):
        assert document.status is Status.UNSTABLE
        assert "measured once" in document.error.message
        assert all(metric.ci95 is None and metric.cv is None for metric in document.metrics)
        assert document.provenance.profile == "imported"


def test_documents_can_be_written_and_read(old_data):
    for name, data in old_data.items():
        for document in documents(data, host=name):
            assert loads(dumps(document)) == document


def test_same_content_gives_the_same_documents_and_other_content_others(old_data):
    first = documents(old_data["storage"], host="h")
    assert documents(old_data["storage"], host="h") == first
    assert len({document.result_id for document in first}) == len(first)
    old_data["storage"]["results"]["random_read_iops"] += 1
    other = documents(old_data["storage"], host="h")
    assert not {d.result_id for d in first} & {d.result_id for d in other}
    elsewhere = documents(old_data["storage"], host="g")
    assert not {d.result_id for d in other} & {d.result_id for d in elsewhere}


def test_ids_are_valid_and_sort_by_time(old_data):
    early, late = documents(old_data["models"])[0], documents(old_data["7zip"], host="h")[0]
    for document in (early, late):
        assert uuid.UUID(document.result_id).version == 8
        assert uuid.UUID(document.result_id).variant == uuid.RFC_4122
    assert early.result_id < late.result_id
    ids = [result_id(early.started_at, number, "x") for number in range(20)]
    assert ids == sorted(set(ids)), "the order within the file is kept"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"benchmark": "geekbench"}, "benchmark is 'geekbench'"),
        ({"benchmark": None}, "none of the earlier formats"),
        ({"results": None}, "'results' is missing"),
        ({"results": {}, "benchmark": "storage"}, "no value of a storage job"),
        ({"timestamp": None}, "timestamp is None"),
        ({"timestamp": "last week"}, "timestamp is 'last week'"),
        ({"timestamp": 1e300}, "no time that could be read"),
        ({"models": []}, "'models' is empty"),
        ({"models": [1]}, "model 1 is no object"),
        ({"models": [{"results": {}}]}, "model 1 has no model_name"),
    ],
)
def test_file_that_lacks_something_says_what(old_data, change, fault):
    with pytest.raises(ImportFormatError, match=fault):
        documents({**old_data["7zip"], **change}, host="h")


def test_file_without_a_host_asks_for_one(old_data):
    with pytest.raises(ImportFormatError, match="--host"):
        documents(old_data["7zip"])


@pytest.mark.parametrize("raw", ["nan", "inf", "N/A", "", None, True, [1], {}, "1" + "0" * 400])
def test_what_is_no_number_is_absent(old_data, raw):
    assert number_in(raw) is None
    old_data["stream"]["results"]["copy_mbps"] = raw
    (document,) = documents(old_data["stream"], host="h")
    assert "copy_bandwidth" in gaps(document)
    assert len(document.metrics) == 3


def test_nan_constant_of_the_file_is_absent(old_data):
    text = json.dumps(old_data["stream"]).replace("47100.5", "NaN")
    (document,) = documents_in(text.encode(), Origin("old.json", host="h"))
    assert "copy_bandwidth" in gaps(document)
    assert dumps(document)


@given(content=st.binary() | st.text().map(str.encode))
def test_whatever_a_file_holds_only_an_import_error_comes_out(content):
    with pytest.raises(ImportFormatError):
        documents_in(content, Origin("x", host="h"))


def test_folder_is_imported_once_and_the_second_time_changes_nothing(store, old_files):
    imported = import_files([old_files], store, Origin("", host="zbook-01"))
    assert imported.problems == []
    assert len(imported.written) == 2 + 1 + 1 + 5 + 1
    before = {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}
    again = import_files([old_files, old_files], store, Origin("", host="zbook-01"))
    assert (again.written, again.known) == ([], 20)
    assert {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()} == before


def test_original_file_is_kept_beside_each_document(store, old_files):
    imported = import_files([old_files / "models.json"], store, Origin(""))
    original = (old_files / "models.json").read_bytes()
    for entry in imported.written:
        (file,) = load(entry.path).files
        assert (entry.path.parent / file.path).read_bytes() == original
        assert file.sha256 == hashlib.sha256(original).hexdigest()


def test_broken_file_is_named_and_the_others_are_imported(store, old_files, tmp_path):
    (old_files / "broken.json").write_text('{"benchmark": "7zip",')
    (old_files / "other.json").write_text("[]")
    missing = tmp_path / "missing.json"
    imported = import_files([missing, old_files], store, Origin("", host="h"))
    assert len(imported.written) == 10
    assert [problem.partition(": ")[0] for problem in imported.problems] == [
        str(missing),
        str(old_files / "broken.json"),
        str(old_files / "other.json"),
    ]


def test_double_value_is_named_and_not_a_crash(store, old_files, old_data):
    old_data["storage"]["results"]["random_read_4k_iops"] = 5
    (old_files / "storage.json").write_text(json.dumps(old_data["storage"]))
    imported = import_files([old_files / "storage.json"], store, Origin("", host="h"))
    assert "stands twice" in imported.problems[0]
    assert imported.written == []


def test_documents_of_today_are_left_alone(store, old_files):
    import_files([old_files], store, Origin("", host="h"))
    again = import_files([store.root], store, Origin("", host="h"))
    assert again.written == []
    assert again.skipped == 10
    assert again.known > 0, "the originals that are kept beside them are recognised"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["import", *map(str, arguments)])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def test_command_imports_reports_and_fails_for_what_is_broken(capsys, store, old_files):
    models = old_files / "models.json"
    status, out, err = run(capsys, models, "--results-dir", store.root, "--dry-run")
    assert (status, err) == (0, "")
    assert "2 results would be imported" in out
    assert not store.root.exists()
    status, out, _ = run(capsys, models, "--results-dir", store.root)
    assert status == 0
    assert out.splitlines()[-1] == "2 results imported, 0 were there already"
    status, out, err = run(capsys, old_files, "--results-dir", store.root, "--json")
    assert status == 1
    assert "7zip.json: the file names no host; say whose it is with --host" in err
    assert json.loads(out)["known"] == 2


def test_command_takes_host_system_and_fleet(capsys, store, old_files):
    options = ("--host", "zbook-09", "--os", "windows", "--fleet", "zbooks")
    status, _, _ = run(capsys, old_files / "7zip.json", "--results-dir", store.root, *options)
    assert status == 0
    (stored,) = store.results()
    assert stored.path.parent == store.root / "windows" / "zbook-09"
    assert stored.result.host.fleet == "zbooks"


def test_unwritable_results_directory_is_one_line(capsys, tmp_path, old_files):
    (tmp_path / "results").write_text("in the way")
    status, _, err = run(capsys, old_files / "models.json", "--results-dir", tmp_path / "results")
    assert status == 1
    assert err.startswith("vttbench: can't write the result of llama on zbook-01")
    assert err.count("\n") == 1
