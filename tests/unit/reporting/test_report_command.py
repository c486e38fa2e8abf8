"""``vttbench report`` as people type it."""

import csv
import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from vttbench.cli import main
from vttbench.cli.errors import UserError
from vttbench.cli.report import moment, without_credentials
from vttbench.result import Status
from vttbench.store import ResultStore


@pytest.fixture
def report(capsys, monkeypatch):
    """Run the command; return exit status, standard output, standard error."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["report", *map(str, arguments)])
        printed = capsys.readouterr()
        return ended.value.code, printed.out.replace("\u00a0", " "), printed.err

    return run


def line_of(text, start):
    return next(line for line in text.splitlines() if line.strip().startswith(start))


def test_table_shows_value_interval_spread_repeats_and_verdict(report, mixed_store):
    status, out, err = report(mixed_store.root)
    assert (status, err) == (0, "")
    assert line_of(out, "benchmark").split() == (
        ["benchmark", "metric", "value", "95", "%", "interval", "spread", "repeats", "verdict"]
    )
    good = line_of(out, "sevenzip")
    assert re.search(r"total_rating +12 348\.3 MIPS +12 341\.3 – 12 355\.4 +0\.06 % +3 +ok", good)
    assert "usage" not in out
    assert out.index("bench-1  AMD EPYC [x]") < out.index("zbook-01  AMD EPYC [x]")
    assert "1 core / 2 threads, 23.5 GB" in out


def test_doubtful_value_never_looks_like_a_good_one(report, mixed_store, monkeypatch):
    _, out, _ = report(mixed_store.root)
    assert re.search(r"≈ 36 MIPS.*UNSTABLE", line_of(out, "llama gpt-oss-20b"))
    assert re.search(r"≈ 7\.000 MIPS.*PARTIAL", line_of(out, "sysbench"))
    assert "llama gpt-oss-20b UNSTABLE: after 20 repeats" in out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, coloured, _ = report(mixed_store.root)
    assert "\x1b[1;33mUNSTABLE" in coloured
    assert "\x1b[32mok" in coloured


def test_failed_and_skipped_rows_say_why_and_what_would_help(report, mixed_store):
    _, out, _ = report(mixed_store.root)
    assert line_of(out, "fio randread").rstrip().endswith("skipped")
    assert line_of(out, "stream").rstrip().endswith("FAILED")
    assert "install it with: apt-get install fio" in out
    assert "stream ended with signal 11 on bench-1" in out


def test_reason_that_names_its_result_is_not_said_twice(report, store, make_result):
    message = "sevenzip on bench-1: did not converge in 2 repeats"
    store.write(make_result(status=Status.UNSTABLE, message=message))
    _, out, _ = report(store.root)
    assert "  sevenzip UNSTABLE: did not converge in 2 repeats\n" in out


def test_narrow_terminal_keeps_value_and_verdict(report, mixed_store, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    _, out, _ = report(mixed_store.root)
    table = [line for line in out.splitlines() if line.startswith(" ") and "MIPS" in line]
    assert all(len(line) <= 72 for line in table)
    assert any("12 348.3 MIPS" in line and "±0.06 %" in line and "ok" in line for line in table)
    assert any("≈ 36 MIPS" in line and "UNSTABLE" in line for line in table)


def test_all_metrics_shows_secondary_ones_and_what_is_absent(report, mixed_store):
    _, out, _ = report(mixed_store.root, "--all-metrics", "--host", "bench-1")
    assert "usage" in out
    assert "fio randread, stream, sysbench without energy: no power sensor" in out
    assert "zbook-01" not in out


def test_sessions_are_numbered_and_replaced_attempts_hidden(report, store, make_result):
    for number in range(2):
        store.write(make_result(session=f"s{number}", after_s=10 * number))
    store.write(make_result([], benchmark="fio", session="s1", after_s=30, status=Status.FAILED))
    store.write(make_result([1.0], benchmark="fio", session="s1", after_s=40))
    _, out, _ = report(store.root)
    assert "sevenzip [1/2]" in out
    assert "sevenzip [2/2]" in out
    assert out.count("fio [2/2]") == 1
    assert "FAILED" not in out
    assert "1 earlier attempt not shown" in out
    assert "FAILED" in report(store.root, "--all-attempts")[1]


def test_repeated_step_stands_where_it_was_measured_last(report, store, make_result):
    store.write(make_result([], benchmark="fio", status=Status.FAILED))
    store.write(make_result(after_s=10))
    store.write(make_result([1.0], benchmark="fio", after_s=20))
    _, out, _ = report(store.root)
    assert out.index("sevenzip") < out.index("fio")


def test_broken_document_is_named_at_the_end_and_not_fatal(report, mixed_store):
    broken = mixed_store.root / "linux" / "bench-1" / "20991125T000000.000Z-x.json"
    broken.write_text("[bold]{")
    status, out, _ = report(mixed_store.root)
    assert status == 0
    assert "1 document could not be read" in out
    assert str(broken) in out.splitlines()[-1]
    data = json.loads(report(mixed_store.root, "--json")[1])
    assert str(broken) in data["problems"][0]
    assert len(data["results"]) == 6


@pytest.mark.parametrize("empty", [True, False])
def test_no_results_is_a_sentence_that_helps(report, tmp_path, empty):
    directory = tmp_path / "results"
    if empty:
        directory.mkdir()
    status, out, err = report(directory)
    assert (status, out) == (1, "")
    assert str(directory) in err
    assert "make benchmark" in err
    assert err.count("\n") == 1


def test_json_holds_what_the_table_shows(report, mixed_store):
    _, out, _ = report(mixed_store.root, "--json", "--host", "bench-1")
    data = json.loads(out)
    first = data["results"][0]
    assert first["metrics"][0]["value"] == pytest.approx(12348.333)
    assert [metric["name"] for metric in first["metrics"]] == ["total_rating"]
    assert [entry["status"] for entry in data["results"]] == [
        "ok",
        "unstable",
        "skipped",
        "failed",
        "partial",
    ]
    assert "repeats" not in first


def test_csv_has_a_line_for_each_metric_and_each_result_without(report, mixed_store):
    _, out, _ = report(mixed_store.root, "--csv", "--all-metrics")
    lines = list(csv.DictReader(io.StringIO(out)))
    assert len(lines) == 7
    assert lines[0]["value"] == "12348.333333333334"
    assert lines[2]["reason"] == "after 20 repeats the 95 % interval is ±40 %, asked for ±2 %"
    assert [line["repeats"] for line in lines if line["status"] == "skipped"] == ["0"]


def test_markdown_shows_pipes_and_brackets_as_they_are(report, store, make_result):
    store.write(make_result(variant="a|b_c", status=Status.UNSTABLE, message="x | y\nz"))
    _, out, _ = report(store.root, "--markdown")
    row = line_of(out, "| sevenzip")
    assert r"a\|b\_c" in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert "**UNSTABLE**" in row
    assert r"- sevenzip a\|b\_c UNSTABLE: x \| y z" in out


def test_html_is_one_page_without_requests_or_scripts(report, store, make_result, tmp_path):
    store.write(make_result(variant="<script>alert(1)</script>"))
    page = tmp_path / "report.html"
    status, out, _ = report(store.root, "--html", "--output", page)
    assert (status, out) == (0, "")
    tags = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append(tag)
            assert not {"src", "href", "srcset"} & {name for name, _ in attributes}

    text = page.read_text()
    Tags().feed(text)
    assert "table" in tags
    assert not {"script", "img", "link", "iframe"} & set(tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_one_run_in_full(report, mixed_store):
    wanted = next(mixed_store.results(host="bench-1"))
    status, out, _ = report(mixed_store.root, "--run", wanted.result.result_id[:30])
    assert status == 0
    for text in (
        wanted.result.result_id,
        "7zz b [bold]",
        "a note [of] brackets",
        "steal_percent",
        "no energy: no power sensor",
        "clock",
        "mains_power",
        "tool_version",
        "sevenzip/stdout",
    ):
        assert text in out
    assert line_of(out, "20261125T074512.123Z-sevenzip/stdout").split()[-1] == "ok"

    raw = wanted.path.parent / wanted.result.files[0].path
    raw.write_text("tampered")
    _, out, _ = report(mixed_store.root, "--run", wanted.result.result_id)
    assert line_of(out, "20261125T074512.123Z-sevenzip/stdout").split()[-1] == "changed"
    raw.unlink()
    _, out, _ = report(mixed_store.root, "--run", wanted.result.result_id)
    assert line_of(out, "20261125T074512.123Z-sevenzip/stdout").split()[-1] == "missing"
    _, out, _ = report(mixed_store.root, "--run", wanted.result.result_id, "--json")
    assert json.loads(out)["repeats"]


def test_run_that_fits_several_results_names_them(report, mixed_store):
    status, _, err = report(mixed_store.root, "--run", "0")
    assert status == 2
    assert "fits 6 results" in err


def test_diff_of_hosts_suites_results_and_directories(report, store, make_result, tmp_path):
    a = store.write(make_result([100.0, 101.0, 102.0], host="a", suite="old"))
    b = store.write(make_result([110.0, 111.0, 112.0], host="b", suite="new", after_s=9))
    for names in (
        ("a", "b"),
        ("old", "new"),
        (a.result.result_id, b.result.result_id),
        (a.path, b.path),
    ):
        status, out, _ = report(store.root, "--diff", *names)
        assert status == 0
        assert re.search(r"101\.0 MIPS +111\.0 MIPS +\+9\.9 %.*better", line_of(out, "sevenzip"))
    other = ResultStore(tmp_path / "elsewhere")
    other.write(make_result([90.0, 91.0, 92.0], host="c"))
    for places in ([store.root], [store.root, other.root]):
        _, out, _ = report(*places, "--diff", "a", other.root)
        assert "worse" in line_of(out, "sevenzip")
    data = json.loads(report(store.root, "--diff", "a", "b", "--json")[1])
    assert data["differences"][0]["judgement"] == "better"
    assert data["differences"][0]["percent"] == pytest.approx(9.90099)
    assert "| better |" in report(store.root, "--diff", "a", "b", "--markdown")[1]
    assert "better" in report(store.root, "--diff", "a", "b", "--csv")[1].splitlines()[1]


def test_diff_says_which_fields_keep_it_from_comparing(report, store, make_result):
    store.write(make_result(host="a", key={"tool_version": "26.02"}))
    store.write(make_result(host="b", key={"tool_version": "21.07"}))
    _, out, _ = report(store.root, "--diff", "a", "b")
    assert "not comparable" in out
    assert "differ in tool_version (26.02 / 21.07)" in out
    assert "within noise" in report(store.root, "--diff", "a", "b", "--force")[1]


def test_diff_with_an_unknown_name_says_so(report, mixed_store):
    status, _, err = report(mixed_store.root, "--diff", "bench-1", "nobody")
    assert status == 1
    assert "--diff nobody: no host, suite" in err


def test_footer_says_where_and_how_without_secrets(report, mixed_store, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    _, out, _ = report(mixed_store.root, "--suite", "suite-1", "--footer")
    where, how = out.splitlines()[-2:]
    assert str(mixed_store.root) in where
    assert "--suite suite-1" in where
    assert "make mlflow-ui" in how
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@ms01:5000/x")
    _, out, _ = report(mixed_store.root, "--suite", "suite-1", "--footer")
    assert out.splitlines()[-1] == "Look at them: https://ms01:5000/x"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--json", "--csv"], "one form at a time"),
        (["--latest", "--suite", "x"], "--latest does not go with"),
        (["--output", "x"], "--output needs one of"),
        (["--since", "never"], "not a time"),
        (["--run", "x", "--diff", "a", "b"], "exclude each other"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(report, mixed_store, arguments, fault):
    status, out, err = report(mixed_store.root, *arguments)
    assert (status, out) == (2, "")
    assert fault in err
    assert err.count("\n") == 1


def test_unwritable_output_is_named(report, mixed_store, tmp_path):
    status, _, err = report(mixed_store.root, "--csv", "--output", tmp_path / "no" / "x.csv")
    assert status == 2
    assert "no/x.csv: No such file" in err


def test_times_are_dates_times_and_how_long_ago():
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert moment("2026-11-25T07:00+02:00") == datetime(2026, 11, 25, 5, tzinfo=UTC)
    assert moment("7d", now) == now - timedelta(days=7)
    assert moment("90m", now) == now - timedelta(minutes=90)
    assert moment("2026-11-25").tzinfo is not None
    for wrong in ("", "d", "yesterday", "9999999999999w"):
        with pytest.raises(UserError):
            moment(wrong)


def test_credentials_are_cut_from_addresses():
    assert without_credentials("http://u:p@h:1/p?q") == "http://h:1/p?q"
    assert without_credentials("http://h") == "http://h"


def test_report_loads_nothing_heavy(mixed_store):
    """Start-up is paid by everybody who looks at a table."""
    code = (
        "import sys; from vttbench.cli import main\n"
        f"try: main(['report', {str(mixed_store.root)!r}])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'scipy', 'mlflow', 'pandas', 'numpy', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
