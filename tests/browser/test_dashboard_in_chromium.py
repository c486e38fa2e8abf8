"""What people see and do in a real browser."""

from __future__ import annotations

import io
import re
import struct
import unicodedata

import httpx
import polars as pl
import pytest
import uuid6

from vttbench.result import load
from vttbench.store.results import ResultStore

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
expect.set_options(timeout=30_000)  # a slow machine is no fault of the page


def open_page(page, dashboard, path):
    page.goto(dashboard.url + path)
    page.wait_for_selector("#first", state="detached")
    page.wait_for_selector(".cards")


def test_the_first_plot_is_there_before_the_application(page, dashboard):
    held = []
    page.route("**/dash_renderer*", lambda route: held.append(route))
    with page.expect_request("**/dash_renderer*"):
        page.goto(dashboard.url, wait_until="commit")
    expect(page.locator("#first .sketch .point").first).to_be_visible()
    expect(page.locator("#first")).to_contain_text("zbook-03 is best")
    expect(page.locator("h1")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator("#first")).to_have_count(0)
    expect(page.locator("#card-dots .main-svg .point").first).to_be_visible()
    expect(page.locator("h1")).to_have_text("Compare")


def test_a_page_whose_application_does_not_start_says_so_and_shows_what_it_has(page, dashboard):
    page.clock.install()
    page.route("**/dash_renderer*", lambda _: None)
    with page.expect_request("**/dash_renderer*"):
        page.goto(dashboard.url, wait_until="commit")
    page.clock.run_for(20_000)
    expect(page.locator("#first .status")).to_have_text("This page did not start. Load it again.")
    expect(page.locator("#first .sketch .point").first).to_be_visible()


@pytest.mark.parametrize(
    ("path", "heading", "truth"),
    [
        ("/", "Compare", "zbook-03 is best"),
        ("/systems", "Systems", "throttled"),
        ("/models", "Models", "Llama-3.3-70B"),
        ("/trends", "Trends", "zbook-02 got worse"),
    ],
)
def test_each_page_answers_its_question(page, dashboard, path, heading, truth):
    open_page(page, dashboard, path)
    expect(page.locator("h1")).to_have_text(heading)
    expect(page.locator(".cards")).to_contain_text(truth)
    expect(page).to_have_title(f"{heading} – vttbench")
    expect(page.locator(".cards .warning")).to_have_count(0)


def test_a_result_is_shown_in_full_from_a_point_of_a_table(page, dashboard):
    open_page(page, dashboard, "/systems")
    page.locator("tbody tr").first.locator("td a").first.click()
    expect(page.locator("h1")).to_contain_text("Run")
    for title in ("Result", "Repeats", "Telemetry", "Before the run", "How it was made", "Files"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.locator("#card-run_telemetry .main-svg").first).to_be_visible()


def test_a_filter_goes_into_the_url_and_the_url_into_the_filter(page, dashboard, chromium):
    open_page(page, dashboard, "/systems")
    page.locator(".control-fleet button").first.click()
    page.get_by_role("option", name="zbooks").click()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"fleet=zbooks"))
    expect(page.locator("tbody tr")).to_have_count(4)
    other = chromium.new_page()
    other.goto(page.url)
    other.wait_for_selector("#first", state="detached")
    expect(other.locator("tbody tr")).to_have_count(4)
    expect(other.locator(".control-fleet")).to_contain_text("zbooks")
    expect(other.locator(".chips")).to_contain_text("fleet: zbooks")
    other.close()


def test_a_filter_is_taken_away_by_its_chip(page, dashboard):
    open_page(page, dashboard, "/systems?host=ms01")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator(".chip").click()
    expect(page.locator("tbody tr")).to_have_count(6)


def test_nothing_found_says_what_to_do(page, dashboard):
    open_page(page, dashboard, "/?host=nobody")
    expect(page.locator(".empty").first).to_contain_text("Take one away")


def test_a_note_survives_a_restart(page, dashboard):
    open_page(page, dashboard, "/trends")
    page.get_by_text("Add a note or a threshold").click()
    page.locator("#note-text").fill("fan replaced")
    page.locator("#note-author").fill("Ada")
    page.locator("#note-add").click()
    expect(page.locator("#card-annotations")).to_contain_text("fan replaced")
    page.goto("about:blank")
    dashboard.stop()
    dashboard.start()
    open_page(page, dashboard, "/trends")
    expect(page.locator("#card-annotations")).to_contain_text("fan replaced")
    expect(page.locator("#card-annotations")).to_contain_text("Ada")


def test_a_picture_is_saved_as_png_and_svg(page, dashboard):
    open_page(page, dashboard, "/")
    page.wait_for_selector("#card-dots .main-svg")
    with page.expect_download() as saved:
        page.locator("#card-dots button", has_text="PNG").click()
    content = saved.value.path().read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width == 2400
    assert height > 300
    with page.expect_download() as saved:
        page.locator("#card-dots button", has_text="SVG").click()
    assert "zbook-03" in saved.value.path().read_text()


def test_the_data_behind_a_card_is_saved_as_csv_and_parquet(dashboard):
    query = "?fleet=zbooks&of=/"
    text = httpx.get(f"{dashboard.url}/export/dots.csv{query}", timeout=60)
    binary = httpx.get(f"{dashboard.url}/export/dots.parquet{query}", timeout=60)
    csv, parquet = pl.read_csv(text.content), pl.read_parquet(io.BytesIO(binary.content))
    assert csv["host"][0] == "zbook-03"
    assert set(csv["host"]) == {f"zbook-0{number}" for number in range(1, 5)}
    assert parquet["value"].to_list() == pytest.approx(csv["value"].to_list())


def test_a_page_is_printed_with_title_date_and_filters(dashboard, chromium):
    pypdf = pytest.importorskip("pypdf")
    answer = httpx.get(f"{dashboard.url}/export/page.pdf?of=/systems&fleet=zbooks", timeout=120)
    assert answer.status_code == 200, answer.text
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    text = unicodedata.normalize("NFKC", text)  # ligatures
    assert "vttbench – Systems" in text
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", text)
    assert "fleet: zbooks" in text
    assert "zbook-04" in text
    assert "ms01" not in text


def test_light_and_dark(page, dashboard):
    open_page(page, dashboard, "/")
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator("#theme").click()
    after = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert before != after
    page.reload()
    page.wait_for_selector(".cards")
    kept = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert kept == after


def test_a_threshold_is_said_and_marks_what_breaks_it(page, dashboard):
    about = "?benchmark=stream&metric=copy_bandwidth"
    open_page(page, dashboard, f"/trends{about}")
    page.get_by_text("Add a note or a threshold").click()
    page.locator("#note-low").fill("99999")
    page.locator("#note-author").fill("Ada")
    page.get_by_role("button", name="Set threshold").click()
    expect(page.locator("#card-annotations")).to_contain_text("at least")
    expect(page.locator("#card-annotations")).to_contain_text("Ada")
    marked = "() => document.querySelector('#card-dots .js-plotly-plot').data[0].text[0]"
    open_page(page, dashboard, f"/{about}")
    expect(page.locator("#card-dots .main-svg").first).to_be_visible()
    assert "outside of its threshold" in page.evaluate(marked)
    open_page(page, dashboard, f"/trends{about}")
    page.get_by_text("Add a note or a threshold").click()
    page.get_by_role("button", name="Set threshold").click()
    expect(page.locator("#card-annotations")).not_to_contain_text("at least")


def test_the_keyboard_alone_gets_everywhere(page, dashboard):
    open_page(page, dashboard, "/")
    focused = "() => (document.activeElement.innerText || '').trim()"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    open_page(page, dashboard, "/")
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
        if seen[-1] == "Systems":
            break
    assert "Compare" in seen
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Systems")


def test_a_new_result_comes_on_screen_by_itself(page, dashboard):
    folder = dashboard.folder / "demo"
    known = load(sorted(folder.glob("linux/*/*.json"))[-1])
    newcomer = known.model_copy(
        update={
            "result_id": str(uuid6.uuid7()),
            "host": known.host.model_copy(update={"name": "newcomer", "fleet": "newcomers"}),
        }
    )
    open_page(page, dashboard, "/systems")
    expect(page.locator(".cards")).not_to_contain_text("newcomer")
    ResultStore(folder).write(newcomer)
    expect(page.locator(".cards")).to_contain_text("newcomer")
